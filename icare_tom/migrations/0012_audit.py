"""Entries about changes, the functions that write them, and the rule that nobody changes them."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The columns of one side of a change: of what is hidden only that it is there, of long values the beginning.
SHOWN = """
    CREATE FUNCTION icare_tom_audit_shown(given jsonb, hidden text[]) RETURNS jsonb LANGUAGE sql IMMUTABLE AS $$
        SELECT coalesce(jsonb_object_agg(key, CASE
            WHEN value IN ('null', '""', '{}', '[]') THEN value
            WHEN key = ANY (hidden) THEN '"(not kept)"'
            WHEN length(value::text) > 2000
                THEN to_jsonb(left(value::text, 200) || '… (' || length(value::text) || ' characters)')
            ELSE value END), '{}')
        FROM jsonb_each(given)
    $$;
"""
# The object on whose page a change is shown: the row itself, the one a column names, or the one a generic row names.
ABOUT = """
    CREATE FUNCTION icare_tom_audit_about(label text, id text, about text, given jsonb) RETURNS text
    LANGUAGE sql STABLE AS $$
        SELECT coalesce(CASE about
            WHEN '' THEN label || ':' || id
            WHEN 'generic' THEN (
                SELECT app_label || '.' || model || ':' || (given ->> 'object_pk')
                FROM django_content_type AS kind WHERE kind.id = (given ->> 'content_type_id')::int)
            ELSE split_part(about, '=', 2) || ':' || (given ->> split_part(about, '=', 1)) END, '')
    $$;
"""
# `watch` is what the trigger was told: label, column of the key, columns passed over, hidden ones, about, column of
# the name. A row that was added has no `old`, one that was removed no `new`; of many rows `new` holds their keys.
WRITE = """
    CREATE FUNCTION icare_tom_audit_write(watch text[], action text, n bigint, old jsonb, new jsonb) RETURNS void
    LANGUAGE plpgsql AS $$
    DECLARE
        origin jsonb := coalesce(nullif(current_setting('icare.origin', true), ''), '{"via": "database"}');
        passing text[] := watch[2];
        hidden text[] := watch[3];
        given jsonb := coalesce(new, old);
        id text := coalesce(given ->> watch[1], '');
        before jsonb := old - passing;
        after jsonb := new - passing;
    BEGIN
        IF before = after THEN
            RETURN;
        END IF;
        IF action = 'changed' AND n = 1 THEN
            SELECT jsonb_object_agg(key, old -> key), jsonb_object_agg(key, value) INTO before, after
            FROM jsonb_each(after) WHERE value IS DISTINCT FROM old -> key;
        END IF;
        INSERT INTO icare_tom_auditentry
            (at, actor_id, address, token, via, model, object_id, about, name, action, n_rows, before, after)
        VALUES (
            clock_timestamp(), (origin ->> 'actor')::int, (origin ->> 'address')::inet,
            coalesce(origin ->> 'token', ''), coalesce(origin ->> 'via', ''),
            watch[0], id, CASE WHEN n = 1 THEN icare_tom_audit_about(watch[0], id, watch[4], given) ELSE '' END,
            left(coalesce(given ->> watch[5], ''), 200), action, n,
            CASE WHEN before IS NOT NULL THEN icare_tom_audit_shown(before, hidden) END,
            CASE WHEN after IS NOT NULL THEN icare_tom_audit_shown(after, hidden) END
        );
    END $$;
"""
# Once per statement. Up to a thousand rows have an entry each; more have one together, with the first keys.
NOTE = """
    CREATE FUNCTION icare_tom_audit_note() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        watch text[] := TG_ARGV;
        single constant bigint := 1000;
        n bigint;
        keys jsonb;
    BEGIN
        IF TG_OP = 'INSERT' THEN
            SELECT count(*) INTO n FROM new_rows;
            IF n <= single THEN
                PERFORM icare_tom_audit_write(watch, 'added', 1, NULL, to_jsonb(r)) FROM new_rows r;
            ELSE
                SELECT jsonb_agg(to_jsonb(r) -> watch[1]) INTO keys FROM (SELECT * FROM new_rows LIMIT 100) r;
                PERFORM icare_tom_audit_write(watch, 'added', n, NULL, jsonb_build_object('first_keys', keys));
            END IF;
            RETURN NULL;
        END IF;
        SELECT count(*) INTO n FROM old_rows;
        IF n > single THEN
            SELECT jsonb_agg(to_jsonb(r) -> watch[1]) INTO keys FROM (SELECT * FROM old_rows LIMIT 100) r;
            keys := jsonb_build_object('first_keys', keys);
        END IF;
        IF TG_OP = 'DELETE' AND n <= single THEN
            PERFORM icare_tom_audit_write(watch, 'removed', 1, to_jsonb(r), NULL) FROM old_rows r;
        ELSIF TG_OP = 'DELETE' THEN
            PERFORM icare_tom_audit_write(watch, 'removed', n, keys, NULL);
        ELSIF n <= single THEN
            PERFORM icare_tom_audit_write(watch, 'changed', 1, o.held, w.held)
            FROM (SELECT to_jsonb(r) AS held FROM old_rows r) AS o
            JOIN (SELECT to_jsonb(r) AS held FROM new_rows r) AS w ON o.held -> watch[1] = w.held -> watch[1];
        ELSE
            PERFORM icare_tom_audit_write(watch, 'changed', n, NULL, keys);
        END IF;
        RETURN NULL;
    END $$;
"""
# Addresses may go after a month at the earliest, entries after a year; all else is refused to everybody. TRUNCATE,
# which empties whole databases of tests, is left to the owner of the table.
FINAL = """
    CREATE FUNCTION icare_tom_audit_keep() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'DELETE' AND OLD.at < now() - interval '365 days' THEN
            RETURN OLD;
        END IF;
        IF TG_OP = 'UPDATE' AND OLD.at < now() - interval '30 days' AND NEW.address IS NULL
            AND to_jsonb(NEW) - 'address' = to_jsonb(OLD) - 'address' THEN
            RETURN NEW;
        END IF;
        RAISE EXCEPTION 'Entries about changes are only added to: % is refused.', TG_OP;
    END $$;
    CREATE TRIGGER audit_entry_is_final BEFORE UPDATE OR DELETE ON icare_tom_auditentry
    FOR EACH ROW EXECUTE FUNCTION icare_tom_audit_keep();
"""
# With the first go the triggers on all watched tables.
LET_GO = """
    DROP FUNCTION icare_tom_audit_note() CASCADE;
    DROP FUNCTION icare_tom_audit_write(text[], text, bigint, jsonb, jsonb);
    DROP FUNCTION icare_tom_audit_about(text, text, text, jsonb);
    DROP FUNCTION icare_tom_audit_shown(jsonb, text[]);
    DROP FUNCTION icare_tom_audit_keep() CASCADE;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("icare_tom", "0011_preferences"),
        ("contenttypes", "0002_remove_content_type_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="AuditEntry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("at", models.DateTimeField(help_text="When it was written [UTC].")),
                ("address", models.GenericIPAddressField(help_text="Where the request came from.", null=True)),
                ("token", models.CharField(help_text="The token it came with, if any.", max_length=12)),
                ("via", models.CharField(help_text="The page, route, command or task that wrote it.", max_length=120)),
                ("model", models.CharField(help_text="What kind of row, such as tom_gcn.event.", max_length=100)),
                (
                    "object_id",
                    models.CharField(help_text="Key of the row; empty when one entry is about many.", max_length=64),
                ),
                ("about", models.CharField(help_text="The object on whose page it is shown.", max_length=170)),
                ("name", models.CharField(help_text="What the row was called then.", max_length=200)),
                (
                    "action",
                    models.CharField(
                        choices=[("added", "added"), ("changed", "changed"), ("removed", "removed")], max_length=10
                    ),
                ),
                (
                    "n_rows",
                    models.PositiveIntegerField(help_text="How many rows; more than one when the keys alone are kept."),
                ),
                (
                    "before",
                    models.JSONField(help_text="What the columns held that were changed or removed.", null=True),
                ),
                ("after", models.JSONField(help_text="What the columns hold that were changed or added.", null=True)),
                (
                    "actor",
                    models.ForeignKey(
                        db_constraint=False,
                        help_text="Who did it; nobody: the site itself, or somebody without an account.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name": "change",
                "verbose_name_plural": "changes",
                "ordering": ["-at", "-pk"],
                "indexes": [
                    models.Index(fields=["about", "-at"], name="audit_about"),
                    models.Index(fields=["actor", "-at"], name="audit_actor"),
                    models.Index(fields=["-at", "-id"], name="audit_at"),
                ],
            },
        ),
        migrations.RunSQL(SHOWN + ABOUT + WRITE + NOTE + FINAL, LET_GO),
    ]
