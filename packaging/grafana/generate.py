#!/usr/bin/env python3
"""Writes dashboards/NAME.json for Grafana from sources/NAME.txt. README.md says how a source is written.

  generate.py           writes them
  generate.py --check   writes nothing; status 1 when one is not what its source makes
"""
import json
import os
import sys

from source import SOURCES, Source, SourceError, column_and_unit

DASHBOARDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'dashboards')
DATASOURCE = {'type': 'prometheus', 'uid': '${datasource}'}
WIDTH = 24  # columns of Grafana's grid
ORDER = ['overview', 'host', 'containers', 'postgresql', 'redis', 'exporter']  # of the links on each dashboard


def thresholds(panel):
    """warn and crit; when crit is the lower one, little is bad."""
    good, steps = 'green', []
    warn, crit = (panel.options.get(name) for name in ('warn', 'crit'))
    if warn is None and crit is None:
        return {'mode': 'absolute', 'steps': [{'color': good, 'value': None}]}
    numbers = {color: float(value) for color, value in (('orange', warn), ('red', crit)) if value is not None}
    if 'orange' in numbers and 'red' in numbers and numbers['red'] < numbers['orange']:
        steps = [('red', None), ('orange', numbers['red']), (good, numbers['orange'])]
    else:
        steps = [(good, None), *sorted(numbers.items(), key=lambda step: step[1])]
    return {'mode': 'absolute', 'steps': [{'color': color, 'value': value} for color, value in steps]}


def mappings(panel):
    """map="0:down:red,1:up:green": texts and colours of values."""
    if 'map' not in panel.options:
        return []
    texts = {}
    for entry in panel.options['map'].split(','):
        value, text, color = entry.split(':')
        texts[value] = {'text': text, 'color': color, 'index': len(texts)}
    return [{'type': 'value', 'options': texts}]


def field_config(panel):
    defaults = {'unit': panel.unit, 'mappings': mappings(panel), 'thresholds': thresholds(panel),
                'color': {'mode': 'palette-classic' if panel.kind == 'timeseries' else 'thresholds'}}
    for name in ('min', 'max', 'decimals'):
        if name in panel.options:
            defaults[name] = float(panel.options[name])
    overrides = []
    if panel.kind == 'timeseries':
        stacked = 'stack' in panel.options
        defaults['custom'] = {
            'drawStyle': 'points' if 'points' in panel.options else 'line', 'lineWidth': 1,
            'fillOpacity': 30 if stacked else 8, 'showPoints': 'auto', 'spanNulls': False,
            'stacking': {'mode': 'normal' if stacked else 'none', 'group': 'A'},
            'scaleDistribution': {'type': 'log', 'log': 10} if 'log' in panel.options else {'type': 'linear'},
            'thresholdsStyle': {'mode': 'dashed' if {'warn', 'crit'} & set(panel.options) else 'off'}}
    if panel.kind == 'table':
        defaults['custom'] = {'align': 'auto', 'filterable': True}
        for _, legend in panel.targets:
            column, unit = column_and_unit(legend, panel.unit)
            overrides.append({'matcher': {'id': 'byName', 'options': column},
                              'properties': [{'id': 'unit', 'value': unit}]})
        if overrides and {'warn', 'crit'} & set(panel.options):  # they colour the first column of numbers
            del defaults['thresholds']
            overrides[0]['properties'] += [{'id': 'thresholds', 'value': thresholds(panel)},
                                           {'id': 'custom.cellOptions', 'value': {'type': 'color-text'}}]
    return {'defaults': defaults, 'overrides': overrides}


def options(panel):
    reduce_options = {'calcs': ['lastNotNull'], 'fields': '', 'values': False}
    if panel.kind == 'timeseries':
        return {'legend': {'displayMode': 'table', 'placement': 'bottom', 'calcs': ['lastNotNull', 'max'], 'showLegend': True},
                'tooltip': {'mode': 'multi', 'sort': 'desc'}}
    if panel.kind == 'stat':
        return {'reduceOptions': reduce_options, 'colorMode': 'value', 'textMode': 'auto', 'justifyMode': 'auto',
                'orientation': 'auto', 'graphMode': 'area' if 'spark' in panel.options else 'none'}
    if panel.kind == 'gauge':
        return {'reduceOptions': reduce_options, 'showThresholdLabels': False, 'showThresholdMarkers': True,
                'orientation': 'auto'}
    if panel.kind == 'bargauge':
        return {'reduceOptions': reduce_options, 'displayMode': 'gradient', 'orientation': 'horizontal',
                'showUnfilled': True, 'valueMode': 'color'}
    if panel.kind == 'heatmap':
        return {'calculate': False, 'cellGap': 1, 'color': {'mode': 'scheme', 'scheme': 'Oranges', 'steps': 64},
                'yAxis': {'unit': panel.unit, 'axisPlacement': 'left'}, 'rowsFrame': {'layout': 'auto'},
                'legend': {'show': True}, 'tooltip': {'show': True, 'yHistogram': True}}
    first = column_and_unit(panel.targets[0][1], panel.unit)[0]
    return {'showHeader': True, 'cellHeight': 'sm', 'sortBy': [] if first == '-' else [{'displayName': first, 'desc': True}]}


def targets(panel):
    made = []
    for index, (expression, legend) in enumerate(panel.targets):
        target = {'refId': chr(ord('A') + index), 'datasource': DATASOURCE, 'expr': expression,
                  'legendFormat': legend or '__auto', 'editorMode': 'code', 'range': True, 'instant': False}
        if panel.kind == 'table':
            target.update(format='table', range=False, instant=True, legendFormat='__auto')
        elif panel.kind == 'heatmap':
            target['format'] = 'heatmap'
        elif panel.kind != 'timeseries' and 'spark' not in panel.options:
            target.update(range=False, instant=True)
        made.append(target)
    return made


def transformations(panel):
    if panel.kind != 'table':
        return []
    names = {}
    for index, (_, legend) in enumerate(panel.targets):
        column = column_and_unit(legend, panel.unit)[0]
        names['Value' if len(panel.targets) == 1 else f'Value #{chr(ord("A") + index)}'] = column
    hidden = {'Time': True, **{column: True for column, name in names.items() if name == '-'}}
    return [{'id': 'merge', 'options': {}},
            {'id': 'organize', 'options': {'excludeByName': hidden, 'renameByName': names, 'indexByName': {}}}]


def made_panel(panel, number, position):
    made = {'id': number, 'type': panel.kind, 'title': panel.title, 'datasource': DATASOURCE, 'gridPos': position,
            'fieldConfig': field_config(panel), 'options': options(panel), 'targets': targets(panel)}
    if panel.description:
        made['description'] = panel.description
    if transformations(panel):
        made['transformations'] = transformations(panel)
    return made


class Grid:
    """Puts panels side by side from the left, as long as they fit."""

    def __init__(self, y):
        self.x, self.y, self.tallest = 0, y, 0

    def place(self, width, height):
        if width > WIDTH:
            raise SourceError(f'a panel is {width} columns wide; there are {WIDTH}')
        if self.x + width > WIDTH:
            self.end_line()
        position = {'x': self.x, 'y': self.y, 'w': width, 'h': height}
        self.x += width
        self.tallest = max(self.tallest, height)
        return position

    def end_line(self):
        self.x, self.y, self.tallest = 0, self.y + self.tallest, 0


def made_panels(source):
    made, number, y = [], 0, 0
    for title, collapsed, panels in source.rows:
        number += 1
        row = {'id': number, 'type': 'row', 'title': title, 'collapsed': collapsed, 'panels': [],
               'gridPos': {'x': 0, 'y': y, 'w': WIDTH, 'h': 1}}
        grid, below = Grid(y + 1), []
        for panel in panels:
            if not panel.targets:
                raise SourceError(f'{source.name}: panel "{panel.title}" has no expression')
            number += 1
            below.append(made_panel(panel, number, grid.place(panel.width, panel.height)))
        grid.end_line()
        made.append(row)
        if collapsed:
            row['panels'] = below
            y += 1
        else:
            made += below
            y = grid.y
    return made


def made_variables(source):
    made = [{'name': 'datasource', 'label': 'Data source', 'type': 'datasource', 'query': 'prometheus', 'hide': 0,
             'refresh': 1, 'regex': '', 'multi': False, 'includeAll': False, 'options': [], 'current': {}}]
    for name, flags, query in source.variables:
        several = 'one' not in flags
        variable = {'name': name, 'label': name, 'type': 'query', 'datasource': DATASOURCE, 'definition': query,
                    'query': {'query': query, 'refId': f'variable-{name}'}, 'refresh': 2, 'sort': 1, 'regex': '', 'hide': 0,
                    'multi': several, 'includeAll': several, 'options': [], 'current': {}}
        if several:
            variable['current'] = {'selected': True, 'text': ['All'], 'value': ['$__all']}
        for flag, pattern in (('any', '.*'), ('named', '.+')):
            if flag in flags:
                variable['allValue'] = pattern
        made.append(variable)
    return made


def made_links(source, titles):
    """To the others, with the time and the instance. The job stays: where each module has a job, the others' differ."""
    instance = '&${instance:queryparam}' if any(name == 'instance' for name, _, _ in source.variables) else ''
    return [{'type': 'link', 'title': title, 'url': f'/d/{uid}?${{datasource:queryparam}}{instance}', 'icon': 'dashboard',
             'keepTime': True, 'includeVars': False, 'targetBlank': False, 'asDropdown': False, 'tags': [], 'tooltip': ''}
            for name, title, uid in titles if name != source.name]


def made_dashboard(source, titles):
    head = source.head
    return {'uid': head['uid'], 'title': head['title'], 'description': head['about'], 'tags': head['tags'].split(),
            'schemaVersion': 39, 'version': 1, 'id': None, 'editable': True, 'graphTooltip': 1, 'timezone': '',
            'refresh': head.get('refresh', '30s'), 'time': {'from': head.get('from', 'now-1h'), 'to': 'now'}, 'timepicker': {},
            'annotations': {'list': []}, 'links': made_links(source, titles),
            'templating': {'list': made_variables(source)}, 'panels': made_panels(source)}


def pages():
    """{file name: text} of all dashboards."""
    names = sorted((name.removesuffix('.txt') for name in os.listdir(SOURCES) if name.endswith('.txt')),
                   key=lambda name: (ORDER.index(name) if name in ORDER else len(ORDER), name))
    sources = [Source(name) for name in names]
    titles = [(source.name, source.head['title'].split(' / ')[-1], source.head['uid']) for source in sources]
    return {f'{source.name}.json': json.dumps(made_dashboard(source, titles), indent=1, ensure_ascii=False) + '\n'
            for source in sources}


def main(arguments):
    if arguments not in ([], ['--check']):
        print(__doc__, file=sys.stderr)
        return 2
    try:
        wanted = pages()
    except SourceError as error:
        print(error, file=sys.stderr)
        return 1
    os.makedirs(DASHBOARDS, exist_ok=True)
    stale = set(os.listdir(DASHBOARDS)) - set(wanted)
    for name, text in wanted.items():
        path = os.path.join(DASHBOARDS, name)
        try:
            with open(path, encoding='utf-8') as file:
                same = file.read() == text
        except OSError:
            same = False
        if same:
            continue
        stale.add(name)
        if not arguments:
            with open(path, 'w', encoding='utf-8') as file:
                file.write(text)
    if arguments:
        for name in sorted(stale):
            print(f'dashboards/{name} is not what its source makes: run packaging/grafana/generate.py', file=sys.stderr)
        return 1 if stale else 0
    for name in sorted(stale - set(wanted)):
        os.remove(os.path.join(DASHBOARDS, name))
    return 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
