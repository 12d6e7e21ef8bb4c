"""Who works in the demonstration. Every name is made up."""

from msgspec import Struct

from checklists.template import DressVariant, PostType

ORGANISATION = "云顶物业（演示） · Skyline Property (demo)"
ZONE = "Asia/Shanghai"
PASSWORD = "inspect-demo"  # noqa: S105 (printed at the start: the demonstration holds nothing worth protecting)


class DemoPost(Struct, frozen=True):
    code: str
    name: str
    post_type: PostType


class DemoEmployee(Struct, frozen=True):
    """``care``: 0..1, how well this person keeps the standards; it drives what the supervisors find."""

    number: str
    name: str
    post: str
    dress: DressVariant
    care: float
    email: str | None = None


class DemoSite(Struct, frozen=True):
    code: str
    name: str
    posts: tuple[DemoPost, ...]
    employees: tuple[DemoEmployee, ...]
    workspaces: tuple[tuple[str, str], ...]


class DemoUser(Struct, frozen=True):
    """``sites``: where the role holds; none for an administrator. ``number``: of the employee who logs in."""

    login: str
    name: str
    role: str
    sites: tuple[str, ...] = ()
    language: str = "zh"
    number: str | None = None


_POSTS = (
    DemoPost("front", "前台", PostType.FRONT_DESK),
    DemoPost("window", "服务窗口", PostType.WINDOW_CLERK),
    DemoPost("cash", "收银台", PostType.CASHIER),
    DemoPost("gate", "大门岗", PostType.SECURITY_GUARD),
    DemoPost("honour", "礼仪岗", PostType.CEREMONIAL_POST),
    DemoPost("traffic", "车场岗", PostType.TRAFFIC_POST),
    DemoPost("office", "办公室", PostType.OFFICE_STAFF),
)
_NAMES = (
    (
        "王芳",
        "李强",
        "张敏",
        "刘洋",
        "陈静",
        "杨磊",
        "赵丽",
        "黄伟",
        "周婷",
        "吴军",
        "徐娜",
        "孙鹏",
        "马兰",
        "朱杰",
        "胡燕",
    ),
    (
        "郭涛",
        "何琳",
        "高峰",
        "林雪",
        "罗斌",
        "郑洁",
        "梁辉",
        "谢蓉",
        "宋凯",
        "唐莉",
        "许刚",
        "韩梅",
        "冯超",
        "邓霞",
        "曹勇",
    ),
)
_CARE = (0.97, 0.94, 0.9, 0.99, 0.82, 0.95, 0.62, 0.93, 0.88, 0.96, 0.91, 0.78, 0.98, 0.86, 0.94)


def _employees(prefix: str, names: tuple[str, ...], shift: int) -> tuple[DemoEmployee, ...]:
    return tuple(
        DemoEmployee(
            number=f"{prefix}{place + 1:03d}",
            name=name,
            post=_POSTS[place % len(_POSTS)].code,
            dress=DressVariant.SKIRT if place % 3 == 0 else DressVariant.TROUSERS,
            care=_CARE[(place + shift) % len(_CARE)],
        )
        for place, name in enumerate(names)
    )


SITES = (
    DemoSite(
        "skyline",
        "云顶大厦",
        _POSTS,
        _employees("A", _NAMES[0], 0),
        (
            ("front", "前台工位"),
            ("window", "一号窗口"),
            ("cash", "收银台"),
            ("office", "客服办公室"),
            ("guard", "门岗岗亭"),
        ),
    ),
    DemoSite(
        "riverside",
        "滨江广场",
        _POSTS,
        _employees("B", _NAMES[1], 4),
        (
            ("front", "前台工位"),
            ("window", "二号窗口"),
            ("cash", "收银台"),
            ("office", "工程办公室"),
            ("guard", "值班室"),
        ),
    ),
)

_BOTH = ("skyline", "riverside")
USERS = (
    DemoUser("manager", "沈经理", "manager", _BOTH),
    DemoUser("manager-en", "Morgan Hale", "manager", ("skyline",), language="en"),
    DemoUser("admin", "系统管理员", "administrator"),
    DemoUser("chen", "陈督导", "supervisor", _BOTH),
    DemoUser("liu", "刘督导", "supervisor", _BOTH),
    DemoUser("wang", "王督导", "supervisor", _BOTH),
    DemoUser("employee", "李强", "employee", number="A002"),
)
SUPERVISORS = ("chen", "liu", "wang")
ON_LEAVE = "A009"
NEVER_SEEN = "B015"
SEEN_ONCE = "B008"
