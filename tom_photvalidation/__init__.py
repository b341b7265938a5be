"""Photometry in, checked, reviewed, out. Stands beside `tom_gcn`; the two never import each other."""
