"""Writes the table of ``docs/settings.md`` from ``inspect_api.settings``.

Run ``python docs/generate_settings.py`` after changing a setting; with ``--check`` it only tells whether the file is
current (exit code 1 when it is not).
"""

import re
import sys
from pathlib import Path
from typing import Any, Literal, get_args, get_origin

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))  # run from any folder, as a script

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from inspect_api.settings import Settings

PAGE = Path(__file__).with_name("settings.md")
_PART = re.compile(r"(<!-- generated: settings -->\n).*?(<!-- end -->)", re.DOTALL)

CHINESE = {
    "mode": "运行方式；development 允许使用默认密钥，production 不允许",
    "data_dir": "内置数据库、照片、上传与本地邮件所在的目录",
    "database_url": "SQLAlchemy 数据库地址；不填则用 data_dir 中的 SQLite",
    "blob_url": "照片存储（s3://桶/前缀 或 file:///目录）；默认在 data_dir 中",
    "s3_endpoint": "非 AWS 的 S3 兼容存储地址",
    "s3_access_key": "对象存储的访问密钥",
    "s3_secret_key": "对象存储的私密密钥",
    "s3_region": "对象存储的区域",
    "secret_key": "用于签发令牌和链接，至少 32 个字符",
    "host": "监听地址",
    "port": "监听端口",
    "public_url": "用户访问和邮件链接使用的地址；平板离线使用必须是 https://",
    "access_token_minutes": "访问令牌的有效分钟数",
    "refresh_token_days": "刷新令牌的有效天数，须长于离线 30 天",
    "login_failures_account": "同一账号 15 分钟内登录失败达到此数后须等待",
    "login_failures_address": "同一来源地址 15 分钟内登录失败达到此数后须等待",
    "password_link_hours": "一次性密码链接的有效小时数",
    "requests_per_minute": "每台平板（或每位用户的浏览器）每分钟允许的请求数，按进程计",
    "push_body_limit": "单次推送的最大字节数",
    "push_max_changes": "单次推送的最多变更数",
    "photo_max_bytes": "单张照片的最大字节数",
    "photo_max_pixels": "单张照片的最大像素数，防止解压炸弹",
    "photo_workers": "同时处理的照片数",
    "upload_hours": "未完成的上传多少小时后过期",
    "upload_max_open": "一台平板同时可有的未完成上传数",
    "undeclared_days": "照片存入多少天后仍无检查引用即列出（不会删除）",
    "smtp_host": "邮件服务器；不填则邮件写入 data_dir/mail，不会发出",
    "smtp_port": "邮件服务器端口",
    "smtp_user": "邮件服务器账号",
    "smtp_password": "邮件服务器密码",
    "smtp_tls": "邮件连接的加密方式",
    "smtp_timeout": "等待邮件服务器的秒数",
    "mail_from": "周报的发件人",
    "mail_bounce_limit": "邮箱连续被永久拒收达到此数后停发，直到管理员恢复",
    "report_hour": "周一几点（场所当地时间）发出周报",
    "dispute_days": "公布或答复后多少天内可以申诉或复议",
    "dispute_answer_days": "申诉须在场所的多少个工作日内答复，逾期升级给管理员",
    "action_days": "按规则产生的整改须在场所的多少个工作日内完成",
    "photo_days": "照片保存天数，争议中的除外",
    "score_months": "检查与评分的保存月数",
    "log_years": "操作日志、发送记录等的保存年数",
    "jobs": "本进程是否运行定时任务",
    "job_seconds": "两次查找到期任务之间的秒数",
    "lease_seconds": "已认领的任务多少秒无动静后由其他进程接手",
}


def page_with_table(page: str) -> str:
    """The page with its table written anew. KeyError for a setting without a Chinese text."""
    return _PART.sub(lambda match: f"{match[1]}{_table()}{match[2]}", page)


def _table() -> str:
    lines = ["| 变量 variable | 取值 values | 默认 default | 说明 meaning |", "|---|---|---|---|"]
    for name, field in Settings.model_fields.items():
        meaning = f"{CHINESE[name]}<br>{field.description}"
        lines.append(f"| `INSPECT_{name.upper()}` | {_values(field)} | {_default(field)} | {meaning} |")
    return "\n".join(lines) + "\n"


def _values(field: FieldInfo) -> str:
    kinds = [kind for kind in get_args(field.annotation) or (field.annotation,) if kind is not type(None)]
    if get_origin(field.annotation) is Literal:
        return ", ".join(f"`{kind}`" for kind in kinds)
    bounds = " ".join(_bound(one) for one in field.metadata)
    return f"{_NAMES[kinds[0]]} {bounds}".strip()


_NAMES: dict[Any, str] = {
    str: "文本 text",
    int: "整数 whole number",
    float: "数字 number",
    bool: "`true` / `false`",
    Path: "路径 path",
    SecretStr: "密钥 secret",
}


def _bound(one: Any) -> str:
    signs = (("ge", "≥"), ("gt", ">"), ("le", "≤"), ("lt", "<"))
    return " ".join(f"{sign} {getattr(one, name)}" for name, sign in signs if hasattr(one, name))


def _default(field: FieldInfo) -> str:
    if field.default is None:
        return "–"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    return f"`{field.default}`"


def main() -> int:
    page = PAGE.read_text(encoding="utf-8")
    current = page_with_table(page)
    if "--check" in sys.argv[1:]:
        return int(page != current)
    PAGE.write_text(current, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
