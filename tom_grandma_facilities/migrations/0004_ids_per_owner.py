"""An observation_id is unique per telescope and groups told, so that nobody learns of the ids of others or takes them."""

from django.db import migrations, models

FILL = """
    UPDATE tom_grandma_facilities_executedobservation AS executed SET owner = told.owner FROM (
        SELECT observationupload_id, md5(string_agg(group_id::text, ',' ORDER BY group_id)) AS owner
        FROM tom_grandma_facilities_observationupload_groups GROUP BY observationupload_id
    ) AS told WHERE executed.upload_id = told.observationupload_id
"""


class Migration(migrations.Migration):
    dependencies = [("tom_grandma_facilities", "0003_long_uploads")]

    operations = [
        migrations.AddField(
            model_name="executedobservation",
            name="owner",
            field=models.CharField(
                db_default="", default="", help_text="Of the groups the upload told (MD5 of their keys).", max_length=32
            ),
        ),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name="executedobservation",
            name="observation_id",
            field=models.CharField(
                help_text="The telescope team's own; unique per telescope and owner.", max_length=100
            ),
        ),
        migrations.RemoveConstraint(model_name="executedobservation", name="executed_observation_once_per_telescope"),
        migrations.AddConstraint(
            model_name="executedobservation",
            constraint=models.UniqueConstraint(
                fields=("telescope", "observation_id", "owner"), name="executed_observation_once_per_owner"
            ),
        ),
    ]
