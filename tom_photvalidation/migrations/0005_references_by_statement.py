"""Targets and uploads of points looked at once a statement: row by row, as foreign keys do, takes 40 % of a plain COPY.

What stands for the two foreign keys does what they did. Whoever writes points holds their targets and uploads
(`FOR KEY SHARE`) until the end of the transaction, so that nobody deletes them meanwhile and whoever does so first is
waited for; whoever deletes a target or an upload, or empties their tables, is refused while points refer to them.
"""

import django.db.models.deletion
from django.db import migrations, models

# The rows that are there are held; of those that are not one is named.
HOLD = """
    CREATE FUNCTION tom_photvalidation_hold(targets bigint[], uploads bigint[]) RETURNS void LANGUAGE plpgsql AS $$
    DECLARE
        n_held bigint;
    BEGIN
        PERFORM FROM tom_targets_basetarget WHERE id = ANY (targets) ORDER BY id FOR KEY SHARE;
        GET DIAGNOSTICS n_held = ROW_COUNT;
        IF n_held < cardinality(targets) THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'Points refer to a target that is not there.', TABLE = 'tom_photvalidation_photometrypoint',
                DETAIL = format('Of the targets %s only %s are there.', targets, n_held);
        END IF;
        PERFORM FROM tom_photvalidation_photometryupload WHERE id = ANY (uploads) ORDER BY id FOR KEY SHARE;
        GET DIAGNOSTICS n_held = ROW_COUNT;
        IF n_held < cardinality(uploads) THEN
            RAISE foreign_key_violation USING
                MESSAGE = 'Points refer to an upload that is not there.', TABLE = 'tom_photvalidation_photometrypoint',
                DETAIL = format('Of the uploads %s only %s are there.', uploads, n_held);
        END IF;
    END $$;

    CREATE FUNCTION tom_photvalidation_points_added() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM tom_photvalidation_hold(
            ARRAY(SELECT DISTINCT target_id FROM added), ARRAY(SELECT DISTINCT upload_id FROM added));
        RETURN NULL;
    END $$;
    CREATE TRIGGER photometry_point_refers AFTER INSERT ON tom_photvalidation_photometrypoint
        REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION tom_photvalidation_points_added();

    CREATE FUNCTION tom_photvalidation_point_moved() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        PERFORM tom_photvalidation_hold(ARRAY[NEW.target_id], ARRAY[NEW.upload_id]);
        RETURN NULL;
    END $$;
    CREATE TRIGGER photometry_point_refers_elsewhere AFTER UPDATE OF target_id, upload_id
        ON tom_photvalidation_photometrypoint FOR EACH ROW
        WHEN (OLD.target_id IS DISTINCT FROM NEW.target_id OR OLD.upload_id IS DISTINCT FROM NEW.upload_id)
        EXECUTE FUNCTION tom_photvalidation_point_moved();
"""
# A transaction that sees the database as it was when it began might miss points that were stored since, where a foreign
# key would see them: it may not delete.
KEEP = """
    CREATE FUNCTION tom_photvalidation_keep_referred() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        is_referred boolean;
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            is_referred := EXISTS (SELECT FROM tom_photvalidation_photometrypoint);
        ELSE
            IF current_setting('transaction_isolation') NOT LIKE 'read %' THEN
                RAISE feature_not_supported USING
                    MESSAGE = format('Rows of %s are deleted by transactions that are READ COMMITTED.', TG_TABLE_NAME);
            END IF;
            EXECUTE format(
                'SELECT EXISTS (SELECT FROM tom_photvalidation_photometrypoint WHERE %I = $1)'
                ' AND NOT EXISTS (SELECT FROM %I WHERE id = $1)', TG_ARGV[0], TG_TABLE_NAME)
            INTO is_referred USING OLD.id;
        END IF;
        IF is_referred THEN
            RAISE foreign_key_violation USING
                MESSAGE = format('Points refer to rows of %s: %s is refused.', TG_TABLE_NAME, TG_OP),
                TABLE = TG_TABLE_NAME;
        END IF;
        RETURN NULL;
    END $$;
"""
KEEP_ROWS = """
    CREATE CONSTRAINT TRIGGER photometry_point_is_of_it AFTER DELETE OR UPDATE OF id ON {table}
        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION tom_photvalidation_keep_referred({column});
    CREATE TRIGGER photometry_points_are_of_it AFTER TRUNCATE ON {table}
        FOR EACH STATEMENT EXECUTE FUNCTION tom_photvalidation_keep_referred();
"""
REFERRED = {"tom_targets_basetarget": "target_id", "tom_photvalidation_photometryupload": "upload_id"}
LET_GO = """
    DROP TRIGGER photometry_point_refers ON tom_photvalidation_photometrypoint;
    DROP TRIGGER photometry_point_refers_elsewhere ON tom_photvalidation_photometrypoint;
    DROP FUNCTION tom_photvalidation_point_moved();
    DROP FUNCTION tom_photvalidation_points_added();
    DROP FUNCTION tom_photvalidation_hold(bigint[], bigint[]);
"""
LET_ROWS_GO = "DROP TRIGGER photometry_point_is_of_it ON {table}; DROP TRIGGER photometry_points_are_of_it ON {table};"


class Migration(migrations.Migration):
    dependencies = [
        ("tom_photvalidation", "0004_audience_of_the_upload"),
        ("tom_targets", "0031_basetarget_shared_by_basetarget_shared_from"),
    ]

    operations = [
        migrations.AlterField(
            model_name="photometrypoint",
            name="target",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="photometry_points",
                to="tom_targets.basetarget",
            ),
        ),
        migrations.AlterField(
            model_name="photometrypoint",
            name="upload",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="points",
                to="tom_photvalidation.photometryupload",
            ),
        ),
        migrations.RunSQL(HOLD, LET_GO),
        migrations.RunSQL(KEEP, "DROP FUNCTION tom_photvalidation_keep_referred();"),
        *(
            migrations.RunSQL(KEEP_ROWS.format(table=table, column=column), LET_ROWS_GO.format(table=table))
            for table, column in REFERRED.items()
        ),
    ]
