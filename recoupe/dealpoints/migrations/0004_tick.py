"""By reader key, the transactions that changed a point: how long what a process keeps of the map stands."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("dealpoints", "0003_register")]

    operations = [
        migrations.CreateModel(
            name="Tick",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "key", "xid", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("key", models.BigIntegerField()),
                ("xid", models.BigIntegerField()),
                ("at", models.DateTimeField()),
                ("mark", models.BigIntegerField()),
            ],
            options={"db_table": "dealpoints_tick"},
        ),
    ]
