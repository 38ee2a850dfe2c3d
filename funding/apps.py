from django.apps import AppConfig


class FundingConfig(AppConfig):
    name = "funding"

    def ready(self) -> None:
        from privacy.append_only import APPEND_ONLY_TABLES

        APPEND_ONLY_TABLES.extend(
            [
                "funding_approval",
                "funding_bankline",
                "funding_bankstatement",
                "funding_followedevent",
                "funding_invoicemaker",
                "funding_journalentry",
                "funding_journalline",
                "funding_disbursement",
                "funding_paidline",
                "funding_paymentfile",
                "funding_publicpageswitch",
                "funding_release",
                "funding_releasedocument",
                "funding_countedfact",
                "funding_waitinglink",
            ]
        )
