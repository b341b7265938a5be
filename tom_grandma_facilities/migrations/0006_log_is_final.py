"""The log of a request cannot be rewritten, whoever tries."""

from django.db import migrations

# Accounts may go: then only the name of whoever it was is taken out of the line.
KEEP_LOG = """
    CREATE OR REPLACE FUNCTION tom_grandma_facilities_keep_log() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'A line in the log of a request is never changed.';
    END $$;
    CREATE OR REPLACE TRIGGER request_entry_is_final
    BEFORE UPDATE ON tom_grandma_facilities_requestentry FOR EACH ROW
    WHEN ((OLD.request_id, OLD.at, OLD.by_text, OLD.via, OLD.old_state, OLD.new_state, OLD.note)
        IS DISTINCT FROM (NEW.request_id, NEW.at, NEW.by_text, NEW.via, NEW.old_state, NEW.new_state, NEW.note))
    EXECUTE FUNCTION tom_grandma_facilities_keep_log();
"""
LET_LOG_GO = """
    DROP TRIGGER request_entry_is_final ON tom_grandma_facilities_requestentry;
    DROP FUNCTION tom_grandma_facilities_keep_log();
"""


class Migration(migrations.Migration):
    dependencies = [("tom_grandma_facilities", "0005_follow_up_requests")]

    operations = [migrations.RunSQL(KEEP_LOG, LET_LOG_GO)]
