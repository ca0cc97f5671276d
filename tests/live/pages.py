"""Pages of the container module, and what is held against them."""
import re
import time

from process import wait_for
from report import check

SAMPLE = re.compile(r'^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Page:
    """The container module's page of one moment."""

    def __init__(self, page):
        self.samples = {}
        for name, labels, value in SAMPLE.findall(page):
            self.samples.setdefault(name, []).append((dict(LABEL.findall(labels)), float(value)))

    def rows(self, metric, **labels):
        return [(found, value) for found, value in self.samples.get(metric, [])
                if all(found.get(key) == value for key, value in labels.items())]

    def value(self, metric, **labels):
        """Sum of the rows; None when there is none."""
        rows = self.rows(metric, **labels)
        return sum(value for _, value in rows) if rows else None


class Watched:
    """An exporter and its pages."""

    def __init__(self, exporter):
        self.exporter = exporter

    def page(self, path='/metrics/container'):
        return Page(self.exporter.page(path)[2])

    def timed_page(self):
        """(seconds that it took, page)"""
        begin = time.monotonic()
        page = self.page()
        return time.monotonic() - begin, page

    def near(self, title, source, metric, absolute=0.0, relative=0.0, **labels):
        """The page says what the source says; several tries, since both move."""
        seen = []

        def good():
            expected = source()
            value = self.page().value(metric, **labels)
            seen[:] = [value, expected]
            return value is not None and abs(value - expected) <= absolute + relative * abs(expected)

        found = wait_for(good, 6, 0.3)
        check(found, f'{title}: {metric} = {seen[0]}, the source says {seen[1]}', str(labels))
