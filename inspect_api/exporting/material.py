"""An export, read back: what scores are made from, by its keys. Needs nothing but the file."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from checklists.scoring.rules import ScoringRules
from inspect_api.exporting import shapes
from sync.messages import Change
from sync.projection import StoredChange
from sync.revisions import LoadedRevision

_change = msgspec.json.Decoder(Change)


class NotAnExport(Exception):
    """The file is none; the texts say which line, and why."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh, self.en = zh, en


@dataclass
class Material:
    """``damage``: what is wrong with the file itself, so that no score is needed to see it; (what, zh, en).

    ``erased``: how many changes say that words of them were erased.
    """

    header: shapes.Header
    zones: dict[str, ZoneInfo] = field(default_factory=dict)
    rules: dict[str, ScoringRules] = field(default_factory=dict)
    revisions: dict[str, LoadedRevision] = field(default_factory=dict)
    employees: dict[str, shapes.Employee] = field(default_factory=dict)
    absences: dict[str, list[shapes.Absence]] = field(default_factory=dict)
    responsibilities: dict[str, list[shapes.Responsibility]] = field(default_factory=dict)
    inspections: dict[str, shapes.Inspection] = field(default_factory=dict)
    changes: dict[str, list[tuple[datetime, StoredChange]]] = field(default_factory=dict)
    scorecards: list[shapes.Scorecard] = field(default_factory=list)
    current: list[shapes.Current] = field(default_factory=list)
    damage: list[tuple[str, str, str]] = field(default_factory=list)
    erased: int = 0

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.header.zone)


def read(lines: Iterable[bytes]) -> Material:
    """Raises NotAnExport for a line that cannot be read, or a file of another format."""
    material: Material | None = None
    end: shapes.End | None = None
    digest, count = hashlib.sha256(), 0
    for number, text in enumerate(lines, start=1):
        line = _line(number, text)
        if material is None:
            material = Material(_header(line))
        elif isinstance(line, shapes.End):
            end = line
            break
        else:
            _take(material, number, line)
        digest.update(text)
        count += 1
    if material is None:
        raise NotAnExport("文件是空的", "the file is empty")
    if end is None:
        material.damage.append(
            ("file", "文件不完整，缺少最后一行", "the file ends too early: its last line is missing")
        )
    elif end.lines != count or end.sha256 != digest.hexdigest():
        material.damage.append(
            ("file", "导出之后文件被改动（校验值不符）", "the file was changed after it was made (its hash differs)")
        )
    return material


def _line(number: int, text: bytes) -> shapes.Line:
    try:
        return shapes.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotAnExport(f"第 {number} 行无法读取：{error}", f"line {number} cannot be read: {error}") from error


def _header(line: shapes.Line) -> shapes.Header:
    if not isinstance(line, shapes.Header):
        raise NotAnExport("不是导出文件", "this is no export")
    if line.format != shapes.FORMAT:
        raise NotAnExport(f"不支持的格式 {line.format}", f"format {line.format} is not known here")
    return line


def _take(material: Material, number: int, line: shapes.Line) -> None:
    match line:
        case shapes.Zone():
            material.zones[line.id] = ZoneInfo(line.zone)
        case shapes.Rules():
            material.rules[line.week] = _decoded(number, line.rules, ScoringRules)
        case shapes.Revision():
            _take_revision(material, number, line)
        case shapes.Employee():
            material.employees[line.id] = line
        case shapes.Absence():
            material.absences.setdefault(line.employee_id, []).append(line)
        case shapes.Responsibility():
            material.responsibilities.setdefault(line.workspace_id, []).append(line)
        case shapes.Inspection():
            _take_inspection(material, number, line)
        case shapes.Scorecard():
            material.scorecards.append(line)
        case shapes.Current():
            material.current.append(line)
        case _:
            raise NotAnExport(f"第 {number} 行不应在此", f"line {number} does not belong here")


def _take_revision(material: Material, number: int, line: shapes.Revision) -> None:
    if hashlib.sha256(line.body.encode()).hexdigest() != line.sha256:
        material.damage.append(
            ("template_revision", f"模板版本 {line.id} 的内容被改动", f"template revision {line.id} was changed")
        )
    try:
        material.revisions[line.id] = LoadedRevision(line.id, line.body)
    except (msgspec.DecodeError, ValueError) as error:
        raise NotAnExport(f"第 {number} 行的模板无法读取", f"the template in line {number} cannot be read") from error


def _take_inspection(material: Material, number: int, line: shapes.Inspection) -> None:
    material.inspections[line.id] = line
    for one in line.changes:
        if one.erased:
            material.erased += 1
        elif hashlib.sha256(one.body.encode()).hexdigest() != one.digest:
            material.damage.append(
                ("change", f"检查 {line.id} 的一项变更被改动", f"a change of inspection {line.id} was altered")
            )
        change = _decoded(number, one.body.encode(), Change)
        entry = StoredChange(change, one.author_id, one.skew_ms)
        material.changes.setdefault(line.id, []).append((one.received_at, entry))


def _decoded(number: int, text: bytes | msgspec.Raw, kind: type[Any]) -> Any:
    try:
        return msgspec.json.decode(text, type=kind)
    except msgspec.DecodeError as error:
        raise NotAnExport(f"第 {number} 行无法读取：{error}", f"line {number} cannot be read: {error}") from error
