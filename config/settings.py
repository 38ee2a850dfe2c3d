"""Django settings; what may differ between installations comes from the environment (config/environment.py)."""

from datetime import timedelta
from typing import Any

import django.conf.locale
from celery.schedules import crontab
from csp.constants import NONE, SELF

from config.environment import BASE_DIR, EMBEDDED, STATE_DIR, env, secret

# DEMO shows the handset page and the demo sign-ins and allows plain HTTP; never set it where real people ask for help.
DEMO: bool = env.bool("DEMO", default=EMBEDDED)
DEBUG = False

SECRET_KEY = secret("SECRET_KEY", file_name="secret_key", why="it signs staff sessions")
RETURN_CODE_PEPPER = secret("RETURN_CODE_PEPPER", file_name="return_code_pepper", why="it salts every return code")
SECOND_FACTOR_KEY = secret(
    "SECOND_FACTOR_KEY", file_name="second_factor_key", why="it seals the secrets of staff's authenticator apps"
)
# Argon2id over a return code: 64 MiB, about a quarter of a second. Other costs lead old codes nowhere.
RETURN_CODE_ARGON2 = {"memory_cost": 65536, "time_cost": 3, "parallelism": 1}
# How many codes a web process keeps ready for callers, so that none waits for that while it holds a phone.
RETURN_CODES_AHEAD: int = env.int("RETURN_CODES_AHEAD", default=8)
# Looking one up takes this long, or a multiple of it, whatever it leads to; more than the slow hash and a page need.
RETURN_CODE_FLOOR_SECONDS = 0.4
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["127.0.0.1", "localhost", "[::1]"] if DEMO else [])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])

INSTALLED_APPS = [
    "config",
    "intake",
    "funding",
    "referrals",
    "providers",
    "notifications",
    "accounts",
    "privacy",
    "web",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "django_fsm",
    "csp",
    "whitenoise.runserver_nostatic",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "web.middleware.ResponsePrivacyMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "web.middleware.StaffLanguageMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "accounts.middleware.UnlockFirstMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "web.forms.PageFormRenderer"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "web.context.site",
                "accounts.context.vault",
            ],
        },
    },
]

SQLITE_OPTIONS = {
    "transaction_mode": "IMMEDIATE",
    "timeout": 20,
    "init_command": (
        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA secure_delete=ON;"
    ),
}


def _database(variable: str, file_name: str) -> dict[str, Any]:
    database = env.db(variable, default=f"sqlite:///{STATE_DIR / file_name}")
    if database["ENGINE"].endswith("sqlite3"):
        database["OPTIONS"] = SQLITE_OPTIONS
    else:
        database["CONN_MAX_AGE"] = 60
        database["CONN_HEALTH_CHECKS"] = True
    return database


DATABASES = {
    "default": _database("DATABASE_URL", "main.sqlite3"),
    "keys": _database("KEYS_DATABASE_URL", "keys.sqlite3"),
}
DATABASE_ROUTERS = ["privacy.routers.KeysRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL: str = env.str("REDIS_URL", default="")
CACHES: dict[str, dict[str, Any]] = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        # A silent Redis delays a page by this much and no more.
        "OPTIONS": {"socket_connect_timeout": 2, "socket_timeout": 2},
    }
    if REDIS_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

CELERY_BROKER_URL = REDIS_URL or "memory://localhost/"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TIME_LIMIT = 120
CELERY_TASK_SOFT_TIME_LIMIT = 90
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Publishing must never hold a family's request: one quick try, then the sweep finds the row.
CELERY_TASK_PUBLISH_RETRY = False
CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 2, "socket_timeout": 5, "visibility_timeout": 300}
CELERY_TIMEZONE = "America/Chicago"
CELERY_BEAT_SCHEDULE_FILENAME = str(STATE_DIR / "beat-schedule")
CELERY_BEAT_SCHEDULE = {
    "heartbeat": {"task": "notifications.tasks.beat", "schedule": timedelta(seconds=15)},
    "sweep-messages": {"task": "notifications.tasks.sweep", "schedule": timedelta(seconds=20)},
    "file-inbound": {"task": "notifications.tasks.file_all_inbound", "schedule": timedelta(seconds=20)},
    "forget-words": {"task": "notifications.tasks.forget_words", "schedule": timedelta(minutes=10)},
    "settle-unknown-messages": {"task": "notifications.tasks.settle_unknown", "schedule": timedelta(minutes=1)},
    "mail-operator": {"task": "notifications.tasks.mail_waiting_pages", "schedule": timedelta(minutes=1)},
    "remove-ended-messages": {"task": "notifications.tasks.remove_ended", "schedule": timedelta(minutes=10)},
    "sweep-carrier": {"task": "notifications.tasks.sweep_carrier", "schedule": crontab(hour="3,9,15,21", minute=27)},
    "expire-offers": {"task": "referrals.tasks.expire_offers", "schedule": timedelta(seconds=30)},
    "match-waitlist": {"task": "referrals.tasks.match_waitlist", "schedule": timedelta(minutes=5)},
    "follow-deadlines": {"task": "referrals.tasks.follow_deadlines", "schedule": timedelta(minutes=10)},
    "recount-deadlines": {"task": "referrals.tasks.recount_deadlines", "schedule": crontab(hour=2, minute=47)},
    "mail-providers": {"task": "referrals.tasks.mail_providers", "schedule": timedelta(seconds=30)},
    "page-on-call": {"task": "referrals.tasks.page_on_call", "schedule": timedelta(seconds=30)},
    "mail-digests": {"task": "referrals.tasks.mail_digests", "schedule": crontab(hour="7-11", minute="*/10")},
    "mail-alerts": {"task": "referrals.tasks.mail_alerts", "schedule": timedelta(seconds=30)},
    "index-lookups": {"task": "intake.tasks.index_lookups", "schedule": timedelta(minutes=1)},
    "find-duplicates": {"task": "intake.tasks.find_duplicates", "schedule": crontab(hour=2, minute=37)},
    "merge-corrections": {"task": "intake.tasks.merge_all_corrections", "schedule": timedelta(minutes=1)},
    "give-index-key": {"task": "intake.tasks.give_index_key_to_hotline", "schedule": timedelta(minutes=1)},
    "share-contacts": {"task": "referrals.tasks.share_contacts", "schedule": timedelta(minutes=1)},
    "follow-cases": {"task": "funding.tasks.follow_cases", "schedule": timedelta(seconds=30)},
    "make-asked-releases": {"task": "funding.tasks.make_asked_releases", "schedule": timedelta(minutes=1)},
    "mail-release-news": {"task": "funding.tasks.mail_release_news", "schedule": timedelta(minutes=10)},
    "audit-books": {"task": "funding.tasks.audit_books", "schedule": crontab(hour=2, minute=27)},
    "tend-clinic-seats": {"task": "referrals.tasks.tend_clinic_seats", "schedule": timedelta(minutes=5)},
    "remind-of-dates": {"task": "referrals.tasks.remind_of_dates", "schedule": timedelta(minutes=10)},
    "late-certifications": {"task": "referrals.tasks.note_late_certifications", "schedule": crontab(hour=7, minute=3)},
    "purge-calls": {"task": "intake.tasks.purge_calls", "schedule": timedelta(hours=1)},
    "sweep-calls": {"task": "intake.tasks.sweep_calls", "schedule": crontab(hour="3,9,15,21", minute=37)},
    "purge-drafts": {"task": "intake.tasks.purge_drafts", "schedule": timedelta(hours=1)},
    "sweep-orphans": {"task": "privacy.tasks.sweep_orphans", "schedule": timedelta(hours=1)},
    "audit-room": {"task": "referrals.tasks.audit_room", "schedule": crontab(hour=2, minute=57)},
    "tidy-ended-cases": {"task": "referrals.tasks.tidy_ended_cases", "schedule": crontab(hour=3, minute=7)},
    "shred-due": {"task": "privacy.tasks.shred_due", "schedule": crontab(hour=3, minute=17)},
}

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 15}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_ADAPTER = "accounts.adapter.InvitedOnlyAdapter"
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
# Whoever types a stranger's address into "Forgot your password?" must not make us write to it.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "/staff/sign-in/"
MFA_ADAPTER = "accounts.adapter.SealedSecretsAdapter"
MFA_FORMS = {
    "activate_totp": "accounts.second_factor.forms.ActivateAppForm",
    "authenticate": "accounts.second_factor.forms.SecondFactorForm",
    "reauthenticate": "accounts.second_factor.forms.ProveAgainForm",
    "add_webauthn": "accounts.second_factor.forms.AddPasskeyForm",
    "authenticate_webauthn": "accounts.second_factor.forms.PasskeyForm",
    "reauthenticate_webauthn": "accounts.second_factor.forms.ProvePasskeyForm",
}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
# A phone's clock may be half a minute off; no code is taken twice (accounts/second_factor/forms.py).
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_ISSUER = "Intake and referral"
# Accounts are made by invitation to the address: there is no unverified one.
MFA_ALLOW_UNVERIFIED_EMAIL = True
LOGIN_URL = "/staff/sign-in/"
LOGIN_REDIRECT_URL = "/staff/"
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("DEFAULT_FROM_EMAIL", default="help-line@localhost")
EMAIL_BACKEND = (
    "django.core.mail.backends.console.EmailBackend" if DEMO else "django.core.mail.backends.smtp.EmailBackend"
)

LANGUAGE_CODE = "en"
# Endonyms: a person must recognize their own language without reading ours.
LANGUAGES = [("en", "English"), ("es", "Español"), ("so", "Soomaali"), ("hmn", "Hmoob")]
django.conf.locale.LANG_INFO.update(
    {
        "so": {"bidi": False, "code": "so", "name": "Somali", "name_local": "Soomaali"},
        "hmn": {"bidi": False, "code": "hmn", "name": "Hmong", "name_local": "Hmoob"},
    }
)
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "America/Chicago"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = env.str("STATIC_ROOT", default=str(BASE_DIR / "static_root"))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}

SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = not DEMO
SESSION_COOKIE_NAME = "session" if DEMO else "__Host-session"
CSRF_COOKIE_NAME = "csrf" if DEMO else "__Host-csrf"
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_COOKIE_AGE = 8 * 3600
# The CSRF cookie of a family lives as long as the browser: "remembered for a year" would tell of the visit.
CSRF_COOKIE_AGE = None
CSRF_FAILURE_VIEW = "web.views.csrf_failure"
SECURE_SSL_REDIRECT = not DEMO
SECURE_REDIRECT_EXEMPT = [r"^health/"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_TLS_PROXY", default=False) else None
SECURE_HSTS_SECONDS = 0 if DEMO else 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = not DEMO
# Not "no-referrer": under it browsers send "Origin: null" with our own forms, and the CSRF check refuses them all.
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# A page of questions is a few kilobytes; anything larger is refused before it is parsed.
DATA_UPLOAD_MAX_MEMORY_SIZE = 262_144
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF],
        "base-uri": [NONE],
        "object-src": [NONE],
        "frame-ancestors": [NONE],
    }
}

REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["rest_framework.authentication.SessionAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["accounts.api.IsStaffMember"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["referrals.parsers.ShallowJSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_PAGINATION_CLASS": "rest_framework.pagination.CursorPagination",
    "PAGE_SIZE": 50,
    "EXCEPTION_HANDLER": "referrals.api.problem_response",
}
SPECTACULAR_SETTINGS = {
    "TITLE": "Legal defense intake and referral",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PUBLIC": True,
    "ENUM_NAME_OVERRIDES": {
        "CaseState": "referrals.models.State",
        "OfferState": "referrals.models.OfferState",
        "DeclineReason": "referrals.models.DeclineReason",
    },
}

# The worker's private key, for the worker's process alone: the web process has no such setting and opens nothing.
WORKER_KEY_MADE_ON_FIRST_USE: bool = EMBEDDED
WORKER_KEY_FILE: str = env.str("WORKER_KEY_FILE", default=str(STATE_DIR / "worker.key") if EMBEDDED else "")
# Argon2id over a member's vault passphrase: 64 MiB, about a quarter of a second. The cost is kept with each key.
VAULT_ARGON2 = {"memory_cost": 65536, "time_cost": 3}
VAULT_COOKIE_NAME = "vault" if DEMO else "__Host-vault"

# The fund's age public keys, which every backup is encrypted for, and the folder it is written to (docs/backups.md).
BACKUP_RECIPIENTS = env.list("BACKUP_RECIPIENTS", default=[])
BACKUP_FOLDER: str = env.str("BACKUP_FOLDER", default="")
# A member who opens more sealed parts than this within an hour raises an alert to their lead.
OPENINGS_AN_HOUR: int = env.int("OPENINGS_AN_HOUR", default=20)

TWILIO_ACCOUNT_SID: str = env.str("TWILIO_ACCOUNT_SID", default="")
TWILIO_AUTH_TOKEN: str = env.str("TWILIO_AUTH_TOKEN", default="")
TWILIO_FROM: str = env.str("TWILIO_FROM", default="")
# Whether Twilio itself answers HELP and INFO, as it does unless its own answers are switched off (docker/env.example).
TWILIO_ANSWERS_HELP: bool = env.bool("TWILIO_ANSWERS_HELP", default=False)
TWILIO_API_BASE_URL: str = env.str("TWILIO_API_BASE_URL", default="")
# What the phone companies let our number send; 0 for no limit. Urgent texts do not wait for their turn.
TEXTS_PER_SECOND: float = env.float("TEXTS_PER_SECOND", default=3.0)
# Where Twilio reaches this installation, such as https://help.example.org; signatures are computed over it.
PUBLIC_BASE_URL: str = env.str("PUBLIC_BASE_URL", default="")
TEXT_BACKEND: str = env.str("TEXT_BACKEND", default="twilio" if TWILIO_ACCOUNT_SID or not DEMO else "handset")
# Where a caller who asks for a person is connected in opening hours, and who interprets; empty: nobody.
DESK_LINE: str = env.str("DESK_LINE", default="")
INTERPRETER_LINE: str = env.str("INTERPRETER_LINE", default="")
# Our numbers that people who are held call, and jails' own numbers that collect calls come from.
DETENTION_LINES = env.list("DETENTION_LINES", default=[])
# What a jail's phone company wants pressed before it connects a collect call, such as wwww5 (w: half a second).
COLLECT_CALL_KEYS: str = env.str("COLLECT_CALL_KEYS", default="")
# The number families call, printed on every page.
HELPLINE: str = env.str("HELPLINE", default="612-555-0100")

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", default="WARNING" if DEMO else "INFO")},
    "loggers": {
        # Django logs the path of every 4xx; paths hold references only, but query strings could hold anything.
        "django.request": {"level": "ERROR"},
        "django.security": {"level": "ERROR"},
        # At DEBUG it writes all that a page was drawn from: answers, and the family's code.
        "django.template": {"level": "INFO"},
        # At DEBUG it writes the addresses we ask for, and a search of the carrier's list has a number in it.
        "urllib3": {"level": "INFO"},
    },
}
