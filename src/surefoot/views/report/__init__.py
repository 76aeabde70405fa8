"""What `surefoot fit` found, for people: in words for the terminal, and as one page of HTML.

Both read the record that `surefoot fit --json` prints, and nothing else.
"""

from surefoot.views.report.page import report_page
from surefoot.views.report.words import after_words, before_words

__all__ = ["after_words", "before_words", "report_page"]
