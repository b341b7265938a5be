"""What tests of the pages of plans ask and read."""

import re

from django.contrib.messages import get_messages
from django.urls import reverse

HTMX = {"HX-Request": "true"}
FEW = ["TAROT-TCA", "TAROT-TRE"]


def address(event, name, **arguments):
    return reverse(f"events:{name}", kwargs={"name": event.name, **arguments})


def text_of(response):
    assert response.status_code == 200, response.status_code
    return re.sub(r"\s+", " ", response.content.decode())


def told(response):
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def busiest(plan):
    return plan.telescope_plans.filter(n_pointings__gt=0).order_by("-n_pointings").first()
