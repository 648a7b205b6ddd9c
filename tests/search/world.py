"""Invented documents, and forty queries with what they must find."""

from datetime import date

from search.documents import SearchDocument

FILES = "files"
HELPERS = "helpers"
PAGES = "pages"

LIUSHUGOU = "990101001001"
UPPER_LIUSHUGOU = "990101001002"
BAIYANG = "990101002001"

CASES: dict[tuple[str, str], SearchDocument] = {
    (FILES, "f01"): SearchDocument(
        title="CF-2026-00317",
        names=("张雨桐", "王秀英"),
        places=("柳河镇 / 柳树沟村", "柳河镇中心小学"),
        codes=("CF-2026-00317",),
        body="父母在外务工，由祖母照护。喜欢画画，数学需要辅导。",
        territory_code=LIUSHUGOU,
        dated=date(2026, 3, 1),
    ),
    (FILES, "f02"): SearchDocument(
        title="CF-2026-00318",
        names=("张雨童", "李桂兰"),
        places=("柳河镇 / 上柳树沟村", "柳河镇中心小学"),
        codes=("CF-2026-00318",),
        body="随外祖父母生活，已签委托照护协议。",
        territory_code=UPPER_LIUSHUGOU,
        dated=date(2026, 3, 2),
    ),
    (FILES, "f03"): SearchDocument(
        title="CF-2025-01044",
        names=("曾小雨", "曾建国"),
        places=("石桥镇 / 白杨村", "石桥镇第二小学"),
        codes=("CF-2025-01044",),
        body="父亲因溺水去世，母亲失去联系，事实无人抚养。联系人电话19900001234。",
        territory_code=BAIYANG,
        dated=date(2025, 9, 1),
    ),
    (FILES, "f04"): SearchDocument(
        title="CF-2025-01045",
        names=("欧阳明月", "欧阳德"),
        places=("石桥镇 / 白杨村", "石桥镇第二小学"),
        codes=("CF-2025-01045",),
        body="留守兒童，祖父祖母照護，需要心理辅导。",
        territory_code=BAIYANG,
        dated=date(2025, 9, 2),
    ),
    (FILES, "f05"): SearchDocument(
        title="CF-2026-00400",
        names=("阿依古丽·买买提",),
        places=("柳河镇 / 柳树沟村", "柳河镇中心幼儿园"),
        codes=("CF-2026-00400",),
        body="母亲外出打工。PHQ-9量表得分6，３岁入园。",
        territory_code=LIUSHUGOU,
        dated=date(2026, 4, 1),
    ),
    (FILES, "f06"): SearchDocument(
        title="CF-2026-00401",
        names=("李娜", "李强"),
        places=("柳河镇 / 柳树沟村", "柳河镇中心小学"),
        codes=("CF-2026-00401",),
        body="遭受校园霸凌，班主任已介入。身份证号990101201501011234。",
        territory_code=LIUSHUGOU,
        dated=date(2026, 4, 2),
    ),
    (FILES, "f07"): SearchDocument(
        title="CF-2026-00402",
        names=("吕思远", "吕大山"),
        places=("石桥镇 / 白杨村", "县特殊教育学校"),
        codes=("CF-2026-00402",),
        body="听力残疾，送教上门。",
        territory_code=BAIYANG,
        dated=date(2026, 4, 3),
    ),
    (FILES, "f08"): SearchDocument(
        title="CF-2026-00403",
        names=("柳小树",),
        places=("柳河镇 / 上柳树沟村", "柳河镇中心小学"),
        codes=("CF-2026-00403",),
        body="與祖母同住，網絡沉迷，每晚玩手機到深夜。",
        territory_code=UPPER_LIUSHUGOU,
        dated=date(2026, 4, 4),
    ),
    (HELPERS, "h01"): SearchDocument(
        title="V-2026-0007",
        names=("陈志远",),
        places=("柳河镇", "蓝天志愿服务队"),
        codes=("V-2026-0007",),
        body="会急救，持有AED操作证，周末可以辅导数学。",
        territory_code="990101001000",
        dated=date(2026, 5, 1),
    ),
    (HELPERS, "h02"): SearchDocument(
        title="V-2026-0008",
        names=("张桂兰",),
        places=("石桥镇", "巾帼志愿服务队"),
        codes=("V-2026-0008",),
        body="退休教师，擅长心理辅导和家庭教育指导。",
        territory_code="990101002000",
        dated=date(2026, 5, 2),
    ),
}

PORTAL: dict[tuple[str, str], SearchDocument] = {
    (PAGES, "p01"): SearchDocument(
        title="第十一条 强制报告",
        body="学校、医院和村委会发现未成年人受到侵害时，应当立即向公安机关报告。",
        language="zh-hans",
    ),
    (PAGES, "p02"): SearchDocument(
        title="暑期防溺水提醒",
        body="不要私自下水游泳，发现有人溺水要大声呼救并拨打110。",
        language="zh-hans",
    ),
    (PAGES, "p03"): SearchDocument(
        title="招募志愿者",
        body="蓝天志愿服务队面向社会招募周末课业辅导志愿者，提供免费Wi-Fi和交通补贴。",
        language="zh-hans",
    ),
    (PAGES, "p04"): SearchDocument(
        title="学生欺凌怎么处理",
        body="学校应当建立欺凌防控制度，第十五条之外另有处理流程。",
        language="zh-hans",
    ),
    (PAGES, "p05"): SearchDocument(
        title="Mandatory reporting",
        body="Anyone who works with children must report suspected harm at once.",
        language="en",
    ),
}

F, H, P = FILES, HELPERS, PAGES

# query, level, what it finds. In the order of the issue: name whole and in part, pinyin,
# initials, traditional, village, school, like an ID, notes, one wrong character, and more.
CASE_QUERIES: list[tuple[str, str, set[str]]] = [
    ("张雨桐", "words", {"f01"}),
    ("欧阳明月", "words", {"f04"}),
    ("李娜", "words", {"f06"}),
    ("雨桐", "words", {"f01"}),
    ("张雨", "words", {"f01", "f02"}),
    ("桂兰", "words", {"f02", "h02"}),
    ("张", "words", {"f01", "f02", "h02"}),
    ("桐", "words", {"f01"}),
    ("阿依古丽买买提", "words", {"f05"}),
    ("阿依古丽・买买提", "words", {"f05"}),
    ("古丽", "words", {"f05"}),
    ("zhangyutong", "words", {"f01", "f02"}),
    ("zhang yutong", "words", {"f01", "f02"}),
    ("yut", "words", {"f01", "f02"}),
    ("zengxiaoyu", "words", {"f03"}),
    ("cengxiaoyu", "words", {"f03"}),
    ("lvsiyuan", "words", {"f07"}),
    ("OUYANG", "words", {"f04"}),
    ("zyt", "words", {"f01", "f02"}),
    ("oymy", "words", {"f04"}),
    ("張雨桐", "words", {"f01"}),
    ("留守儿童", "words", {"f04"}),
    ("网络沉迷", "words", {"f08"}),
    ("柳树沟村", "words", {"f01", "f02", "f05", "f06", "f08"}),
    ("柳树沟", "words", {"f01", "f02", "f05", "f06", "f08"}),
    ("白杨村 二小", "words", {"f03", "f04"}),
    ("石桥镇第二小学", "words", {"f03", "f04"}),
    ("中心小学", "words", {"f01", "f02", "f06", "f08"}),
    ("柳河镇／柳树沟村", "words", {"f01", "f02", "f05", "f06", "f08"}),
    ("CF-2026-00317", "words", {"f01"}),
    ("cf2026003", "words", {"f01", "f02"}),
    ("00401", "words", {"f06"}),
    ("溺水", "words", {"f03"}),
    ("数学 辅导", "words", {"f01", "h01"}),
    ("PHQ9量表", "words", {"f05"}),
    ("3岁", "words", {"f05"}),
    ("外出务工", "words", {"f05", "f01"}),
    ("张宇桐", "fuzzy", {"f01", "f02"}),
    ("张桐", "fuzzy", {"f01"}),
    ("委拖照护协议", "fuzzy", {"f02"}),
    ("校园欺凌", "words", {"f06"}),
    ("张 -中心小学", "words", {"h02"}),
    ('"心理辅导"', "words", {"f04", "h02"}),
    ("aed", "words", {"h01"}),
    ("990101201501011234", "", set()),
    ("199 0000 1234", "", set()),
    ("没有这样的词语组合", "", set()),
]

PORTAL_QUERIES: list[tuple[str, str, set[str]]] = [
    ("强制报告", "words", {"p01"}),
    ("第11条", "words", {"p01"}),
    ("第15条", "words", {"p04"}),
    ("溺水", "words", {"p02"}),
    ("校园霸凌", "words", {"p04"}),
    ("義工", "words", {"p03"}),
    ("wifi", "words", {"p03"}),
    ("Wi-Fi", "words", {"p03"}),
    ("report", "words", {"p05"}),
    ("repor", "words", {"p05"}),
    ("强制抱告", "fuzzy", {"p01"}),
    ("游泳溺水被狗咬了怎么办", "cover", {"p02"}),
    ("110", "words", {"p02"}),
    ("志愿者 -蓝天", "", set()),
]
