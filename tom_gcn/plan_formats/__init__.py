"""The forms in which plans leave for other programs. Pure: values in, text or bytes out; rows are read in `exporters`.

`document` is the JSON of stored plans and of the command line, `outlines` footprints as polygons and as sky, `geo`
GeoJSON, `region` MOC, `calendar` iCalendar, `treasure_map` what Treasure Map takes.
"""
