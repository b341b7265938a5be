"""The log of admissions cannot be rewritten, whoever tries."""

from django.db import migrations

# Accounts may go: then only the key of whoever it was is taken out of the line.
KEEP = """
    CREATE OR REPLACE FUNCTION icare_tom_keep_admissions() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'A line in the log of admissions is never changed.';
    END $$;
    CREATE OR REPLACE TRIGGER admission_entry_is_final
    BEFORE UPDATE ON icare_tom_admissionentry FOR EACH ROW
    WHEN ((OLD.request_id, OLD.at, OLD.state, OLD.note) IS DISTINCT FROM
          (NEW.request_id, NEW.at, NEW.state, NEW.note))
    EXECUTE FUNCTION icare_tom_keep_admissions();
"""
LET_GO = """
    DROP TRIGGER admission_entry_is_final ON icare_tom_admissionentry;
    DROP FUNCTION icare_tom_keep_admissions();
"""


class Migration(migrations.Migration):
    dependencies = [("icare_tom", "0009_admission")]

    operations = [migrations.RunSQL(KEEP, LET_GO)]
