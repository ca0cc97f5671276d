"""The sources of dashboards, as README.md describes them, taken apart."""
import os
import re
import shlex

SOURCES = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'sources')
SIZES = {'timeseries': (8, 7), 'stat': (3, 4), 'gauge': (4, 4), 'bargauge': (8, 7), 'table': (12, 8), 'heatmap': (12, 8)}
UNITS = set('bps Bps bytes celsius hertz iops none ops percentunit pps rotrpm s short watt µs'.split())  # of Grafana's
OPTIONS = {'stack', 'min', 'max', 'warn', 'crit', 'decimals', 'log', 'map', 'spark', 'points'}


class SourceError(Exception):
    """What is wrong, with file and line."""


def known_unit(unit):
    if unit not in UNITS:
        raise SourceError(f'unknown unit: {unit}; if Grafana has it, put it into UNITS of source.py')


def column_and_unit(legend, unit):
    """Of "Name [unit]"."""
    match = re.fullmatch(r'(.*) \[(\S+)\]', legend)
    return (match[1], match[2]) if match else (legend, unit)


class Panel:
    """Title, kind, unit, size, options by name, [(expression, legend)] and a description."""

    def __init__(self, line):
        words = [word.strip() for word in line.split('|')]
        if len(words) < 3:
            raise SourceError('a panel is "Title | kind | unit | options"')
        self.title, self.kind, self.unit = words[:3]
        if self.kind not in SIZES:
            raise SourceError(f'unknown kind of panel: {self.kind}; there are {" ".join(SIZES)}')
        known_unit(self.unit)
        self.width, self.height = SIZES[self.kind]
        self.options = {}
        for word in shlex.split(' '.join(words[3:])):
            size = re.fullmatch(r'(\d+)x(\d+)', word)
            if size:
                self.width, self.height = int(size[1]), int(size[2])
            else:
                name, _, value = word.partition('=')
                if name not in OPTIONS:
                    raise SourceError(f'unknown option: {name}; there are {" ".join(sorted(OPTIONS))}')
                self.options[name] = value
        self.targets, self.description = [], ''


class Source:
    """A file of sources/."""

    def __init__(self, name):
        self.name, self.head, self.variables, self.selectors = name, {}, [], {}
        self.rows = []  # (title, collapsed, panels)
        path = os.path.join(SOURCES, f'{name}.txt')
        with open(path, encoding='utf-8') as file:
            for number, line in enumerate(file, 1):
                try:
                    self.read(line.rstrip())
                except SourceError as error:
                    raise SourceError(f'{path}:{number}: {error}') from None

    def read(self, line):
        if not line or line.startswith('#'):
            return
        if line.startswith('== '):
            title = line[3:]
            collapsed = title.endswith(' (collapsed)')
            self.rows.append((title.removesuffix(' (collapsed)'), collapsed, []))
        elif line.startswith('  '):
            if not self.rows or not self.rows[-1][2]:
                raise SourceError('an expression or description without a panel')
            self.read_panel(self.rows[-1][2][-1], line.strip())
        elif self.rows:
            self.rows[-1][2].append(Panel(line))
        else:
            self.read_head(line)

    def read_head(self, line):
        key, _, value = line.partition(':')
        value = value.strip()
        if key == 'variable':
            name, _, query = value.partition(' = ')
            name, *flags = name.split()
            self.variables.append((name, flags, query))
        elif key == 'select':
            name, _, text = value.partition(' = ')
            self.selectors[name] = self.expand(text)
        elif key in ('title', 'uid', 'tags', 'about', 'refresh', 'from'):
            self.head[key] = value
        else:
            raise SourceError(f'unknown line: {line}')

    def read_panel(self, panel, line):
        if line.startswith('; '):
            panel.description = (panel.description + ' ' + line[2:]).strip()
            return
        expression, _, legend = line.partition(' => ')
        known_unit(column_and_unit(legend.strip(), panel.unit)[1])
        panel.targets.append((self.expand(expression.strip()), legend.strip()))

    def expand(self, text):
        """[@] is the window of a rate, @NAME a selector."""
        text = text.replace('[@]', '[$__rate_interval]')

        def selector(match):
            if match[0] not in self.selectors:
                raise SourceError(f'no selector {match[0]}')
            return self.selectors[match[0]]

        return re.sub(r'@\w*', selector, text)
