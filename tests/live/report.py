"""Counts and prints: one line for each check."""
import os

PASSED, FAILED, SKIPPED = [], [], []


def check(good, text, detail=''):
    """Prints "ok - text" or "not ok - text", the latter with `detail` below. Returns `good`."""
    (PASSED if good else FAILED).append(text)
    print(('ok - ' if good else 'not ok - ') + text, flush=True)
    if not good and detail:
        for line in str(detail).strip().splitlines()[:20]:
            print('#   ' + line, flush=True)
    return bool(good)


def skip(text, reason):
    """Something that cannot be tried here. Under CI=true that is a failure: there, everything must be tried."""
    if os.environ.get('CI') == 'true':
        return check(False, text, f'cannot be tried: {reason}; under CI=true that is a failure')
    SKIPPED.append(text)
    print(f'skip - {text}: {reason}', flush=True)
    return False


def summary():
    print(f'# {len(PASSED)} ok, {len(FAILED)} not ok, {len(SKIPPED)} skipped')
    for text in FAILED:
        print(f'# failed: {text}')
    return 1 if FAILED or not PASSED else 0
