from django.db import migrations, models


class Migration(migrations.Migration):
    """References and fingerprints are unique in their own unit: a clash must not tell of a hidden report (R-24)."""

    dependencies = [("intelligence", "0001_initial")]

    operations = [
        migrations.RemoveConstraint(model_name="report", name="intelligence_report_ref"),
        migrations.AlterField(
            model_name="report",
            name="fingerprint",
            field=models.UUIDField(blank=True, null=True),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(fields=("ref", "owner_unit"), name="intelligence_report_ref"),
        ),
        migrations.AddConstraint(
            model_name="report",
            constraint=models.UniqueConstraint(
                fields=("fingerprint", "owner_unit"), name="intelligence_report_fingerprint"
            ),
        ),
    ]
