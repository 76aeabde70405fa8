"""Verification: is this the gradient of that function?  For networks and for anybody's function."""

from surefoot.verification.checking import check
from surefoot.verification.report import Report

__all__ = ["Report", "check"]
