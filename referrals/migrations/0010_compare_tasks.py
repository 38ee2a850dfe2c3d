from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("referrals", "0009_more_questions"),
    ]

    operations = [
        migrations.AlterField(
            model_name="coordinatortask",
            name="kind",
            field=models.CharField(
                choices=[
                    ("screen", "Decide eligibility"),
                    ("call_back", "Call the family for what is missing"),
                    ("locate", "Find where the person is held"),
                    ("no_room", "No provider has room: find a place"),
                    ("nobody_on_duty", "Offer waits for a closed office: page someone"),
                    ("offer_order", "The offer order names a coordinator first"),
                    ("check_answers", "Taken up again: check the answers with the family"),
                    ("call_family", "Text did not arrive: call"),
                    ("likely_duplicate", "Perhaps asked for twice: compare the two requests"),
                    ("compare_answers", "Joined with another request that knew other things: check the answers"),
                ],
                max_length=20,
            ),
        ),
    ]
