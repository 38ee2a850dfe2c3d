"""Where "Leave this page" goes: a site that anyone may have open."""

LEAVE_TO = "https://www.weather.gov/"
