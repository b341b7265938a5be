"""Who we are: roles and rights, memberships of groups, admission, tokens, sign-in with other services.

`roles` is the one table of what a role may do; `rights` asks it for a person; `backend` answers Django's `has_perm`
from it; `memberships` changes who is in a group and as what. Everything else stands on these four.
"""
