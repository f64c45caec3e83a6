"""What columns are often called, by what they hold; a name is compared word by word."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


CLIENTS = _words(
    "client clients customer user uid household member person account acct card patient subscriber msisdn visitor "
    "party cust guest buyer who owner borrower holder"
)
TIMES = _words("time date timestamp datetime dttm dt ts when at day moment created occurred")
CALENDAR = _words("year quarter month week weekday dow day hour minute second")
CODES = _words(
    "id code type kind mcc cat category group class no num number key sku store shop branch channel currency country "
    "region city zip postal status brand rk gender sex merchant product item article department site url device "
    "upc ean gtin isbn barcode bin iban phone"
)
AMOUNTS = _words(
    "amount amt price sum value paid cost total balance qty quantity discount disc fee rate score duration sales "
    "revenue salary income spend spent weight distance volume size length percent share points bonus limit"
)
LABELS = _words(
    "label target y class outcome response churn churned default defaulted fraud flag is has converted bought lost "
    "active education gender sex"
)
GROUPS = _words("group family household company holding fold cluster bank")
NEGATIVE = _words("0 no false n f negative neg good none -1")  # of two classes, the one that is not looked for
