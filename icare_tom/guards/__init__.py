"""TOM's pages and API, closed: views that show or change private rows, subclassed with the missing check.

`urls` is mounted before TOM's own routes and `api` registers its viewsets before TOM's. One module per TOM app
(`targets`, `observations`, `dataproducts`, ...), each depending on `access`, which says who may do what to which row.
"""
