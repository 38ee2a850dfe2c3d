"""The plain words of the tables: what they count, and how their rows and columns are called. Pure."""

from funding.releases.layout import ALL, CENTS, COUNT, OTHER

TITLES = {
    ("outcomes", COUNT): "Closed cases, by provider and outcome",
    ("money", CENTS): "Money paid, by purpose",
    ("money", COUNT): "Payments, by purpose",
    ("places", COUNT): "Requests for help, by part of the city and language",
    ("steps", COUNT): "Cases on their way",
}
DEFINITIONS = {
    "outcomes": (
        "Cases that a provider closed, each counted once, for the provider that had it last."
        " Released: by bond, by a court, or on parole. Relief: a right to stay, or the case against the person was"
        " ended. Ordered: removed, ordered removed, or left under an order. Helped: the agreed help was given."
        " Elsewhere: the person went to another place, to another lawyer, or did not want help."
    ),
    "money": (
        "Payments of stages of cases and what they cost, less what came back. Release: work to have somebody released."
        " Hearings: interviews, court hearings, appeals. Advice: advice and preparation. Costs: fees, experts,"
        " translation. Running: the fund's own costs, which are about no case."
        " All: whatever its source, grants, gifts and the fund's own money together."
    ),
    "places": (
        "Requests for help, each counted once, by the part of Minneapolis where the person lives"
        " and the language they asked in. Other: elsewhere, not known, or another language."
    ),
    "steps": (
        "Opened: requests for help. Placed: cases that a provider first accepted. Left: requests that ended"
        " without a provider. Waiting: cases that were neither placed nor left when the quarter ended."
        " Median hours: from the request to the first acceptance, in steps of six."
    ),
    "withheld": (
        "A figure about one to ten people is withheld, and so is every figure from which one could be worked out; no"
        " sign tells which is which. A total of one to ten people waits and is counted in a later quarter; 0 is shown"
        " then. A quarter is published once and never changed; what is recorded late is counted in the next."
    ),
}
LABELS = {
    ALL: "All",
    OTHER: "Other",
    "released": "Released",
    "relief": "Relief",
    "ordered": "Ordered",
    "helped": "Helped",
    "elsewhere": "Elsewhere",
    "release": "Release",
    "hearings": "Hearings",
    "advice": "Advice",
    "costs": "Costs",
    "running": "Running",
    "north": "North",
    "northeast": "Northeast",
    "central": "Central",
    "south": "South",
    "southwest": "Southwest",
    "en": "English",
    "es": "Spanish",
    "so": "Somali",
    "hmn": "Hmong",
    "opened": "Opened",
    "placed": "Placed",
    "left": "Left",
    "waiting": "Waiting",
}
