"""Everything it takes to have a ledger."""

from tonghu.caseadmin.ledgers import IO, Badge, Ledger, SearchFields, ledger

from .models import Loan


@ledger
class LoanLedger(Ledger):
    model, slug, group, key = Loan, "loans", "library", "number"
    columns = ["borrower", "number", "tool", Badge("state", tones={"back": "positive"}), "lent_on"]
    filters = ["state", "lent_on"]
    search = SearchFields(names=["borrower"], text=["tool"], codes=["number"])
    io = IO(fields=["number", "borrower", "tool", "state", "lent_on"])
