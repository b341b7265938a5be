"""OpenID Connect, in the place of allauth's app of the same name: signatures, nonces and subjects are always checked."""
