"""The drawings of the report, one module a kind; ``casewise.report.figures`` puts them together."""
