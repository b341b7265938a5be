"""The decision rules of the network as standing rules, to be edited in the admin; and plans of record for old events."""

from django.db import migrations

NEUTRON_STAR = """class = BNS, area < 200, area50 < 200, distance < 200 Mpc
class = NSBH, area < 200, area50 < 200, distance < 200 Mpc"""
BLACK_HOLES = """class = BBH, area < 200
class = BBH, distance < 200 Mpc, area < 1000"""
# A position this good is that of an X-ray or optical counterpart.
BURSTS = """error < 20 arcsec
t90 < 2 s, area < 1000"""

# The first plan is there at once; this long a better one is looked for.
WISH = {"options": {"refine_s": 30}}

# name, kind, order, conditions, significant only
RULES = [
    ("Neutron star, well localized and near", "gw", 10, NEUTRON_STAR, True),
    ("Black holes, well localized or near", "gw", 20, BLACK_HOLES, True),
    ("Every other significant gravitational wave", "gw", 90, "", True),
    ("Bursts with an X-ray or optical position, and short ones", "grb", 10, BURSTS, False),
    ("X-ray transients off the Galactic plane", "xray", 10, "latitude > 5 deg, error < 10 arcmin", False),
]


def add_rules(apps, schema_editor):
    preset = apps.get_model("tom_gcn", "PlanPreset")
    for name, kind, order, conditions, significant in RULES:
        preset.objects.get_or_create(
            name=name,
            defaults={
                "kind": kind,
                "order": order,
                "conditions": conditions,
                "significant_only": significant,
                "wish": WISH,
            },
        )


def remove_rules(apps, schema_editor):
    apps.get_model("tom_gcn", "PlanPreset").objects.filter(name__in=[rule[0] for rule in RULES]).delete()


def name_records(apps, schema_editor):
    """Of every event the newest finished plan of the network that holds something, as pages showed it so far."""
    plan = apps.get_model("tom_gcn", "ObservationPlan")
    done = plan.objects.filter(state="done", telescopes=[], n_pointings__gt=0, event__state="active")
    newest = done.order_by("event_id", "-version").distinct("event_id").values_list("pk", flat=True)
    plan.objects.filter(pk__in=list(newest)).update(is_of_record=True)


class Migration(migrations.Migration):
    dependencies = [
        ("tom_gcn", "0009_executed_probability"),
    ]

    operations = [
        migrations.RunPython(add_rules, remove_rules),
        migrations.RunPython(name_records, migrations.RunPython.noop),
    ]
