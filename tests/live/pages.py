"""Pages of a module, and what is held against them."""
import re
import time

from process import wait_for
from report import check

SAMPLE = re.compile(r'^([a-z_0-9]+)(?:\{(.*)\})? (\S+)$', re.MULTILINE)
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Page:
    """A module's page of one moment."""

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


class Targets:
    """An exporter of several servers, each with a port of 127.0.0.1, and its pages of their module."""

    def __init__(self, exporter, path):
        self.exporter, self.path = exporter, path

    def page(self):
        return Page(self.exporter.page(self.path)[2])

    def of(self, metric, server, page=None, **labels):
        """The value of the server's only such row; None when there is none, or more."""
        found = [value for row, value in (page or self.page()).rows(metric, **labels)
                 if row.get('target', '').split('/', 1)[0] == f'127.0.0.1:{server.port}']
        return found[0] if len(found) == 1 else None

    def equal(self, title, metric, server, source, **labels):
        """Several tries: the source moves between a scrape and our look at it."""
        seen = []

        def same():
            seen[:] = [source(), self.of(metric, server, **labels)]
            return seen[0] and seen[1] is not None and float(seen[0]) == seen[1]

        check(wait_for(same, 10, 0.2), f'{title}: {metric} is {seen[0]}', seen)
