"""What drives say about themselves, as recorded from real ones, and what is made of it: unknown is never well."""

from __future__ import annotations

import json
import os
import stat
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import psutil
import pytest

from musicvault.domain.health import Health, HealthState, SmartReport, judge_smart
from musicvault.storage import volumes
from musicvault.storage.smart import answers, asking

RECORDED = Path(__file__).parent / "smart"
HEALTHY, FAILING, UNKNOWN = HealthState.HEALTHY, HealthState.FAILING, HealthState.UNKNOWN

EXPECTED = {
    "asleep": (UNKNOWN, "asleep"),
    "asleep-by-command": (UNKNOWN, "asleep"),
    "corsair-mp510-error-log": (HEALTHY, ""),
    "flash-stick-unknown-bridge": (UNKNOWN, "USB case"),
    "hgst-hus724020-cable-errors": (HEALTHY, "12 transfer errors"),
    "hitachi-h109060-sas": (HEALTHY, ""),
    "hitachi-hds721050-usb-failing": (FAILING, "Reallocated_Sector_Ct"),
    "hp-mas3735nc-parallel-scsi": (HEALTHY, ""),
    "intel-raid-volume-says-nothing": (UNKNOWN, "gave no health data"),
    "intel-ssdpe2kx080": (HEALTHY, ""),
    "laptop-disk-attributes-only": (UNKNOWN, "doesn't say whether it is well"),
    "permission-denied": (UNKNOWN, "administrator"),
    "samsung-840-ssd-bad-cable": (HEALTHY, "108 transfer errors"),
    "samsung-970-evo-media-errors": (HEALTHY, "gave up on 7 reads"),
    "samsung-mz7wd240-ssd": (HEALTHY, ""),
    "seagate-st1200mm0088-old-format": (HEALTHY, ""),
    "seagate-st3200820as": (HEALTHY, ""),
    "seagate-st3500418as-one-reallocated": (HEALTHY, "replaced 1 bad sector. 1 command"),
    "status-only": (HEALTHY, ""),
    "toshiba-al15-behind-megaraid": (HEALTHY, ""),
    "toshiba-kxg60": (HEALTHY, ""),
    "wd-red-sa500-identity-only": (UNKNOWN, "gave no health data"),
    "wd-red-wd20efrx": (HEALTHY, ""),
    "windows-open-failed": (UNKNOWN, "administrator"),
}


def recorded(name: str) -> bytes:
    return (RECORDED / f"{name}.json").read_bytes()


def judged(text: bytes) -> Health:
    return judge_smart(answers.parse(text))


def test_every_recording_has_its_verdict() -> None:
    assert {path.stem for path in RECORDED.glob("*.json")} == EXPECTED.keys()
    assert len(EXPECTED) >= 15


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_recorded_answers(name: str) -> None:
    state, words = EXPECTED[name]
    found = judged(recorded(name))
    assert found.state is state, found.reason
    assert words in found.reason
    assert words or not found.reasons, "nothing is said where nothing is amiss"


def test_facts_of_an_old_disk() -> None:
    found = answers.parse(recorded("hitachi-hds721050-usb-failing"))
    assert (found.model, found.hours, found.temperature, found.passed) == ("Hitachi HDS721050DLE630", 65592, 25, False)
    assert found.counters == {5: 1975, 197: 8, 198: 0, 199: 0}
    assert found.below_now == ("Reallocated_Sector_Ct",)


def test_facts_of_an_nvme_stick() -> None:
    found = answers.parse(recorded("samsung-970-evo-media-errors"))
    assert (found.media_errors, found.percentage_used, found.spare, found.temperature) == (7, 3, 99, 35)


def changed(name: str, **values: Any) -> bytes:
    """A recording with other values in it; what no drive of ours has shown."""
    document = json.loads(recorded(name))
    document.update(values)
    return json.dumps(document).encode()


def with_raw(number: int, value: int, text: str | None = None) -> bytes:
    document = json.loads(recorded("wd-red-wd20efrx"))
    for row in document["ata_smart_attributes"]["table"]:
        if row["id"] == number:
            row["raw"] = {"value": value, "string": str(value) if text is None else text}
    return json.dumps(document).encode()


def test_one_sign_is_a_remark_and_many_are_a_verdict() -> None:
    assert judged(with_raw(197, 8)).state is HEALTHY
    assert "can't read 8 sectors" in judged(with_raw(197, 8)).reason
    assert judged(with_raw(197, 16)).state is FAILING
    assert judged(with_raw(5, 99)).state is HEALTHY
    assert judged(with_raw(5, 100)).state is FAILING


def test_two_kinds_of_signs_are_a_verdict() -> None:
    report = SmartReport(passed=True, counters={5: 1, 197: 1})
    assert judge_smart(report).state is FAILING
    assert judge_smart(replace(report, counters={197: 1, 198: 1})).state is HEALTHY, "one kind, told twice"
    assert judge_smart(replace(report, counters={187: 1, 198: 1})).state is FAILING
    assert judge_smart(replace(report, counters={188: 900, 199: 5000})).state is HEALTHY, "cables are no disks"


@pytest.mark.parametrize(
    ("warning", "state"), [(1, FAILING), (2, HEALTHY), (4, FAILING), (8, FAILING), (16, FAILING), (9, FAILING)]
)
def test_nvme_alarms(warning: int, state: HealthState) -> None:
    log = {"critical_warning": warning, "temperature": 40, "power_on_hours": 1}
    assert judged(changed("toshiba-kxg60", nvme_smart_health_information_log=log)).state is state


@pytest.mark.parametrize(("status", "state"), [(8, FAILING), (16, FAILING), (32, HEALTHY), (64, HEALTHY), (4, HEALTHY)])
def test_exit_bits(status: int, state: HealthState) -> None:
    assert judged(changed("wd-red-wd20efrx", smartctl={"exit_status": status})).state is state


def test_defects_of_scsi_disks() -> None:
    grown = judged(changed("hitachi-h109060-sas", scsi_grown_defect_list=3))
    assert (grown.state, grown.reason) == (HEALTHY, "It has replaced 3 bad sectors.")
    errors = {"read": {"total_uncorrected_errors": 2}}
    both = judged(changed("hitachi-h109060-sas", scsi_grown_defect_list=3, scsi_error_counter_log=errors))
    assert both.state is FAILING


def test_a_bridge_that_lies_is_not_believed() -> None:
    """Some bridges answer every question with zeros, and smartctl takes that for "passed"."""
    zeros = [{"id": number, "value": 0, "thresh": 0, "raw": {"value": 0, "string": "0"}} for number in (1, 5, 197)]
    lying = changed("wd-red-wd20efrx", ata_smart_attributes={"table": zeros})
    assert (judged(lying).state, "no health data" in judged(lying).reason) == (UNKNOWN, True)


def test_packed_and_absurd_values_are_no_counts() -> None:
    packed = answers.parse(with_raw(197, 0xFFFFFFFFFFFF, ""))
    assert 197 not in packed.counters
    assert judged(with_raw(5, 281470681743360, "0 (0 65535)")).state is HEALTHY


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b"\xff\xfe",
        b'{"smartctl": 3}',
        b"{}",
        b"[" * 50_000,
        b'{"ata_smart_attributes": {"table": [1, null, {"id": "x"}, {"id": 5, "raw": 7}]}}',
        b'{"smart_status": {"passed": "yes"}, "temperature": {"current": "hot"}}',
        b'{"smartctl": {"exit_status": 2, "messages": [5, {"string": "\\u001b[2J gone"}]}}',
    ],
)
def test_nonsense_is_unknown(text: bytes) -> None:
    found = judged(text)
    assert found.state is UNKNOWN
    assert found.reason
    assert "\x1b" not in found.reason


# -- asking


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program called smartctl that answers from recordings: `default` without -d, else the name of the type."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")
    program = tmp_path / "smartctl"
    program.write_text(
        f'#!/bin/sh\necho "$@" >> {tmp_path}/asked\nkind=default\nwhile [ $# -gt 0 ]; do\n'
        f'  [ "$1" = -d ] && kind=$2\n  shift\ndone\ncd "{tmp_path}"\n[ -e "$kind" ] || kind=default\ncat "$kind"\n'
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return tmp_path


def volume(disk: str = "sda") -> volumes.Volume:
    here = volumes.volume_of(os.fsencode(Path(__file__).parent))
    return replace(here, disk=disk, network=False, source=b"")


def test_a_drive_is_asked_without_waking_it(script: Path) -> None:
    (script / "default").write_bytes(recorded("wd-red-wd20efrx"))
    assert asking.ask(volume()).model == "WDC WD20EFRX-68EUZN0"
    assert (script / "asked").read_text() == "--json -n standby -a /dev/sda\n"


@pytest.mark.parametrize(
    ("program", "reason"),
    [
        ("sleep 1000 | cat", "in time"),  # what it started keeps the pipe open
        ("trap '' TERM INT HUP; while :; do sleep 1000; done", "in time"),
        ("yes", "in time"),  # without end
        ("head -c 100000 /dev/urandom", "can be read"),
        ("echo '{\"smartctl\": {'", "can be read"),
        ("kill -9 $$", "can be read"),
        ("exit 3", "can be read"),
    ],
)
def test_a_program_that_hangs_or_babbles_is_unknown_in_time(
    script: Path, monkeypatch: pytest.MonkeyPatch, program: str, reason: str
) -> None:
    monkeypatch.setattr(asking, "ANSWER_S", 0.5)
    (script / "smartctl").write_text(f"#!/bin/sh\necho $$ > {script}/pid\n{program}\n")
    report = asking.ask(volume())
    assert reason in report.problem
    assert judge_smart(report).state is HealthState.UNKNOWN
    while living(int((script / "pid").read_text())):
        time.sleep(0.01)


def living(group: int) -> list[psutil.Process]:
    """The processes of a group that run (nobody may be there to reap those that are dead)."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            if os.getpgid(process.pid) == group and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def test_a_bridge_that_hangs_at_every_question_takes_no_more_than_its_time(
    script: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(asking, "LONGEST_S", 0.0)
    (script / "default").write_bytes(recorded("wd-red-wd20efrx"))
    assert asking.ask(volume()).problem
    assert not (script / "asked").exists()


def test_an_unknown_bridge_is_tried_in_turn(script: Path) -> None:
    (script / "default").write_bytes(recorded("flash-stick-unknown-bridge"))
    (script / "sntrealtek").write_bytes(recorded("toshiba-kxg60"))
    assert asking.ask(volume()).model == "KXG60ZNV512G TOSHIBA"
    assert len((script / "asked").read_text().splitlines()) == 2 + asking.BRIDGES.index("sntrealtek")


def test_a_bridge_that_lets_nothing_through_is_unknown(script: Path) -> None:
    (script / "default").write_bytes(recorded("flash-stick-unknown-bridge"))
    assert "USB case" in asking.ask(volume()).problem


def test_how_smartctl_ended_counts_where_its_answer_does_not_tell(script: Path) -> None:
    (script / "default").write_bytes(changed("wd-red-wd20efrx", smartctl={}))
    with (script / "smartctl").open("a") as program:
        program.write("exit 8\n")
    assert judge_smart(asking.ask(volume())).state is FAILING


def test_the_worst_disk_of_a_raid_speaks(script: Path) -> None:
    (script / "default").write_bytes(recorded("hitachi-hds721050-usb-failing"))
    assert judge_smart(asking.ask(volume("sda+sdb"))).state is FAILING
    assert (script / "asked").read_text().count("/dev/sdb") == 1


def test_without_smartctl_health_is_unknown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(asking, "_ELSEWHERE", (str(tmp_path),))
    found = judge_smart(asking.ask(volume()))
    assert (found.state, "isn't installed" in found.reason) == (UNKNOWN, True)


def test_what_has_no_disk_is_not_asked() -> None:
    assert "no physical disk" in asking.ask(volume("")).problem
    assert "no physical disk" in asking.ask(volume("loop0")).problem
    assert "another machine" in asking.ask(replace(volume(), network=True)).problem
