"""SAML, in the place of allauth's app of the same name: one button, and all institutions of a federation behind it."""
