"""Who was shown which target, in numbers: a table that triggers keep in step with guardian's and with the targets.

A row of guardian counts when its permission is `view_target` and its key is written as a number is. Each trigger
writes what its own statement changed and nothing else: two changes at once touch the same row here only where they
touch the same row there, and wait for each other as they do there.
"""

from django.conf import settings
from django.db import migrations

TABLE = """
    CREATE TABLE icare_tom_targetgrant (
        target_id bigint NOT NULL,
        holder integer NOT NULL,
        PRIMARY KEY (target_id, holder)
    );
    CREATE INDEX icare_tom_targetgrant_holder ON icare_tom_targetgrant (holder, target_id);
    -- So that PostgreSQL knows of each holder how much they are shown.
    ALTER TABLE icare_tom_targetgrant ALTER COLUMN holder SET STATISTICS 2000;
    COMMENT ON TABLE icare_tom_targetgrant IS
        'Written by triggers only. holder: key of a group, negative key of a person, 0 for everybody.';
"""
# Keys of other kinds of rows may be any text: a cast that is not guarded may be made before the row is left out.
KEY = """
    CREATE FUNCTION icare_tom_key(given text) RETURNS bigint LANGUAGE sql IMMUTABLE AS $$
        SELECT CASE WHEN given ~ '^(0|[1-9][0-9]{0,17})$' THEN given::bigint END
    $$;
"""
SEEING = """
    CREATE FUNCTION icare_tom_view_target() RETURNS integer LANGUAGE sql STABLE AS $$
        SELECT p.id FROM auth_permission AS p JOIN django_content_type AS c ON c.id = p.content_type_id
        WHERE c.app_label = 'tom_targets' AND c.model = 'basetarget' AND p.codename = 'view_target'
    $$;
"""
AS_GIVEN = """
    CREATE VIEW icare_tom_targetgrant_as_given AS
        SELECT id::bigint AS target_id, 0 AS holder FROM tom_targets_basetarget WHERE permissions <> 'PRIVATE'
        UNION
        SELECT icare_tom_key(object_pk), holder FROM (
            SELECT group_id AS holder, object_pk, permission_id FROM guardian_groupobjectpermission
            UNION ALL
            SELECT -user_id, object_pk, permission_id FROM guardian_userobjectpermission
        ) AS given
        WHERE permission_id = (SELECT icare_tom_view_target()) AND icare_tom_key(object_pk) IS NOT NULL;
    INSERT INTO icare_tom_targetgrant (target_id, holder)
    SELECT target_id, holder FROM icare_tom_targetgrant_as_given;
"""
# One function for groups and one for persons: {holder} is how a row's holder is told, {held} which rows those are.
OF_GUARDIAN = """
    CREATE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        seeing constant integer := icare_tom_view_target();
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            DELETE FROM icare_tom_targetgrant WHERE {held};
            RETURN NULL;
        END IF;
        IF TG_OP <> 'INSERT' THEN
            DELETE FROM icare_tom_targetgrant AS held USING old_rows AS gone
            WHERE gone.permission_id = seeing
                AND held.target_id = icare_tom_key(gone.object_pk) AND held.holder = {holder} gone.{column};
        END IF;
        IF TG_OP <> 'DELETE' THEN
            INSERT INTO icare_tom_targetgrant (target_id, holder)
            SELECT icare_tom_key(object_pk), {holder} {column} FROM new_rows
            WHERE permission_id = seeing AND icare_tom_key(object_pk) IS NOT NULL
            ON CONFLICT DO NOTHING;
        END IF;
        RETURN NULL;
    END $$;
"""
OF_TARGETS = """
    CREATE FUNCTION icare_tom_grants_of_target() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'TRUNCATE' THEN
            DELETE FROM icare_tom_targetgrant WHERE holder = 0;
            RETURN NULL;
        END IF;
        IF TG_OP = 'DELETE' THEN
            DELETE FROM icare_tom_targetgrant AS held USING old_rows AS gone
            WHERE held.target_id = gone.id AND held.holder = 0;
        ELSE
            INSERT INTO icare_tom_targetgrant (target_id, holder)
            SELECT id, 0 FROM new_rows WHERE permissions <> 'PRIVATE'
            ON CONFLICT DO NOTHING;
        END IF;
        RETURN NULL;
    END $$;
    CREATE FUNCTION icare_tom_grants_of_changed_target() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        DELETE FROM icare_tom_targetgrant WHERE target_id = OLD.id AND holder = 0;
        INSERT INTO icare_tom_targetgrant (target_id, holder)
        SELECT NEW.id, 0 WHERE NEW.permissions <> 'PRIVATE'
        ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
    -- Targets are saved often and hardly ever shown to others than before.
    CREATE TRIGGER icare_grants_update AFTER UPDATE ON tom_targets_basetarget FOR EACH ROW
    WHEN (OLD.permissions IS DISTINCT FROM NEW.permissions OR OLD.id <> NEW.id)
    EXECUTE FUNCTION icare_tom_grants_of_changed_target();
"""
FUNCTIONS = {
    "guardian_groupobjectpermission": "icare_tom_grants_of_group",
    "guardian_userobjectpermission": "icare_tom_grants_of_person",
    "tom_targets_basetarget": "icare_tom_grants_of_target",
}
ROWS = {
    "INSERT": "REFERENCING NEW TABLE AS new_rows",
    "UPDATE": "REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows",
    "DELETE": "REFERENCING OLD TABLE AS old_rows",
    "TRUNCATE": "",
}
WATCH = [
    f"CREATE TRIGGER icare_grants_{operation.lower()} AFTER {operation} ON {table} {rows}"
    f" FOR EACH STATEMENT EXECUTE FUNCTION {function}();"
    for table, function in FUNCTIONS.items()
    for operation, rows in ROWS.items()
    if (table, operation) != ("tom_targets_basetarget", "UPDATE")
]
LET_GO = """
    DROP FUNCTION icare_tom_grants_of_group() CASCADE;
    DROP FUNCTION icare_tom_grants_of_person() CASCADE;
    DROP FUNCTION icare_tom_grants_of_target() CASCADE;
    DROP FUNCTION icare_tom_grants_of_changed_target() CASCADE;
    DROP VIEW icare_tom_targetgrant_as_given;
    DROP FUNCTION icare_tom_key(text);
    DROP FUNCTION icare_tom_view_target();
    DROP TABLE icare_tom_targetgrant;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("icare_tom", "0015_newest_targets"),
        ("auth", "0012_alter_user_first_name_max_length"),
        ("contenttypes", "0002_remove_content_type_name"),
        ("guardian", "0002_generic_permissions_index"),
        ("tom_targets", "0031_basetarget_shared_by_basetarget_shared_from"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            [
                TABLE,
                KEY,
                SEEING,
                AS_GIVEN,
                OF_GUARDIAN.format(name="icare_tom_grants_of_group", column="group_id", holder="", held="holder > 0"),
                OF_GUARDIAN.format(name="icare_tom_grants_of_person", column="user_id", holder="-", held="holder < 0"),
                OF_TARGETS,
                *WATCH,
            ],
            LET_GO,
        ),
    ]
