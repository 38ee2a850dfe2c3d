"""What one more attorney would do is what was measured, with how; the file is whole and says how to play it again."""

from funding.portal.attorney import measured
from referrals.management.commands.simulate import Command


def test_the_measurement_names_its_day_its_seeds_and_its_command() -> None:
    told = measured()

    assert told.measured_on
    assert len({one.seed for one in told.played}) == len(told.played) >= 3
    assert f"--weeks {told.weeks}" in told.command
    parser = Command().create_parser("manage.py", "simulate")
    options = parser.parse_args(told.command.removeprefix("manage.py simulate").split())
    assert (options.weeks, options.room) == (told.weeks, 0.6)


def test_the_second_run_had_an_attorneys_points_more_as_near_as_whole_points_allow() -> None:
    told = measured()

    for one in told.played:
        assert abs(one.points_with_one - one.points - told.points) <= 2
        assert abs(0.6 * (one.points + told.points) / one.points - one.room_with_one) < 1e-5
        assert 0 <= one.without <= one.held >= one.with_one


def test_the_page_tells_the_span_of_all_seeds() -> None:
    told = measured()

    assert [one.more_text for one in told.played] == [f"{one.more:+d}".replace("-", "−") for one in told.played]
    assert (told.fewest, told.most) == (
        min(one.with_one - one.without for one in told.played),
        max(one.with_one - one.without for one in told.played),
    )
