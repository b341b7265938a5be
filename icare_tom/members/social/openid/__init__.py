"""OpenID Connect, instead of allauth's app of the same name: signatures, nonces and subjects are always checked."""
