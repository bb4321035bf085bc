from django.db import migrations


class Migration(migrations.Migration):
    """The purpose that acts are asked for is the one declared (S-5), which the index had under another name."""

    dependencies = [
        ("crosscheck", "0005_hit_is_recoupe"),
    ]

    operations = [
        migrations.RemoveField(model_name="indexrecord", name="purpose"),
        migrations.RenameField(model_name="indexrecord", old_name="motive_category", new_name="purpose"),
    ]
