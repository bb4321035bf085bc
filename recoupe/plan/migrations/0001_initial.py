import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='DailyFigure',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('day', models.DateField()),
                ('code', models.CharField(max_length=32)),
                ('department', models.CharField(blank=True, max_length=3)),
                ('numerator', models.BigIntegerField(null=True)),
                ('denominator', models.BigIntegerField(null=True)),
                ('withheld', models.BooleanField(default=False)),
                ('computed_at', models.DateTimeField(default=django.utils.timezone.now)),
            ],
            options={
                'db_table': 'plan_dailyfigure',
                'constraints': [models.UniqueConstraint(fields=('day', 'code', 'department'), name='plan_dailyfigure_once'), models.CheckConstraint(condition=models.Q(('withheld', True), ('numerator__isnull', False), _connector='OR'), name='plan_dailyfigure_counted')],
            },
        ),
    ]
