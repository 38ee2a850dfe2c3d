"""The directory of providers as HSDS 3.1 (Human Services Data Specification of Open Referral), for anybody to read."""
