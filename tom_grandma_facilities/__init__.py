"""Telescopes and what we ask of them.

``telescope``, ``telescopes``, ``registry``, ``almanac`` and ``tonight`` are plain Python with numpy and units: what a
telescope is, where the Sun and the Moon are, and whether it is dark. They know no Django and may be imported by
anything. ``facility`` and ``facilities`` show each telescope to TOM Toolkit; ``models``, ``actions`` and the pages keep
what people say about a telescope (is it working tonight?). This app imports TOM Toolkit and nothing above itself.
"""
