"""Plain words written by hand, for everyday complaints and for a few findings whose names few people use.

The ontology has plain words for about half of the findings that the notes use; these tables add some. A phrase follows "has",
such as "a fever"; one that begins with "is " is an adjective, as in "is irritable". No phrase may mean two findings, which
`deepbio.datasets.vignettes.phrases` ensures.
"""

from __future__ import annotations

# Complaints that anybody may have, whatever the disease: id -> (phrases when affirmed, phrases when negated).
EVERYDAY: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "HP:0001945": (("a fever", "fever", "a high fever", "a high temperature"), ("fever", "fevers")),
    "HP:0012735": (("a cough", "cough", "coughing"), ("cough", "coughing")),
    "HP:0012378": (("fatigue", "tiredness", "is tired"), ("fatigue", "tiredness")),
    "HP:0002315": (("a headache", "headaches", "headache"), ("headache", "headaches")),
    "HP:0002013": (("vomiting", "bouts of vomiting", "is vomiting"), ("vomiting",)),
    "HP:0002018": (("nausea", "is nauseous"), ("nausea",)),
    "HP:0002014": (("diarrhea", "loose stools", "watery stools"), ("diarrhea", "loose stools")),
    "HP:0002019": (("constipation", "hard stools", "is constipated"), ("constipation",)),
    "HP:0002027": (("abdominal pain", "stomach pain", "belly pain"), ("abdominal pain", "stomach pain")),
    "HP:0000988": (("a rash", "a skin rash", "a rash on the trunk", "a rash on the legs"), ("rash", "skin rash")),
    "HP:0002829": (("joint pain", "painful joints", "aching joints"), ("joint pain", "painful joints")),
    "HP:0003326": (("muscle pain", "muscle aches", "aching muscles"), ("muscle pain", "muscle aches")),
    "HP:0003418": (("back pain", "backache"), ("back pain", "backache")),
    "HP:0100749": (("chest pain", "pain in the chest"), ("chest pain",)),
    "HP:0002094": (("shortness of breath", "breathlessness", "is short of breath"), ("shortness of breath",)),
    "HP:0002321": (("vertigo", "a spinning sensation"), ("vertigo",)),
    "HP:0033050": (("a sore throat", "throat pain"), ("sore throat",)),
    "HP:0001824": (("weight loss", "loss of weight"), ("weight loss",)),
    "HP:0002039": (("loss of appetite", "a lack of appetite"), ("loss of appetite",)),
    "HP:0000989": (("itching", "itchy skin", "is itchy"), ("itching",)),
    "HP:0001962": (("palpitations", "a pounding heart"), ("palpitations",)),
    "HP:0002716": (("swollen lymph nodes", "enlarged lymph nodes", "swollen glands"), ("swollen lymph nodes",)),
    "HP:0030166": (("night sweats", "sweating at night"), ("night sweats",)),
    "HP:0000737": (("irritability", "is irritable", "is very irritable"), ("irritability",)),
    "HP:0100785": (("insomnia", "trouble sleeping"), ("insomnia", "trouble sleeping")),
    "HP:0000739": (("anxiety", "is anxious"), ("anxiety",)),
    "HP:0000421": (("nosebleeds", "a nosebleed"), ("nosebleeds",)),
    "HP:0025143": (("chills", "shaking chills"), ("chills",)),
}

# Other findings: these phrases come before the ontology's own.
PLAIN: dict[str, tuple[str, ...]] = {
    "HP:0030953": ("red eyes", "very red eyes", "extremely red eyes", "bloodshot eyes"),
    "HP:0000509": ("pink eye", "inflamed red eyes"),
    "HP:0025337": ("a red eye",),
    "HP:0031042": ("a strawberry tongue", "a red strawberry tongue", "a swollen red tongue"),
    "HP:0000206": ("a sore smooth tongue",),
    "HP:0025289": ("swollen lymph nodes in the neck", "swollen neck lymph nodes", "swollen neck glands"),
    "HP:0025493": ("red palms with red soles",),
    "HP:0100825": ("red sore lips", "inflamed lips"),
    "HP:0031250": ("cracked lips",),
    "HP:0025525": ("peeling fingertips",),
    "HP:0025537": ("swollen feet", "swollen soles"),
    "HP:0025538": ("swollen hands", "swollen palms"),
    "HP:0100776": ("repeated sore throats",),
    "HP:0001894": ("a high platelet count",),
    "HP:0001974": ("a high white cell count",),
    "HP:0001873": ("a low platelet count",),
    "HP:0011227": ("a raised C-reactive protein",),
    "HP:0003565": ("a raised sedimentation rate",),
    "HP:0003073": ("low albumin",),
    "HP:0002017": ("nausea with vomiting",),
    "HP:0001903": ("a low red cell count",),
    "HP:0002240": ("an enlarged liver",),
    "HP:0001744": ("an enlarged spleen",),
    "HP:0000952": ("yellow skin",),
    "HP:0001250": ("seizures", "fits"),
    "HP:0001289": ("confusion",),
    "HP:0000613": ("eyes that hurt in bright light",),
    "HP:0000822": ("high blood pressure",),
    "HP:0002615": ("low blood pressure",),
    "HP:0001649": ("a fast heartbeat",),
    "HP:0000790": ("blood in the urine",),
    "HP:0002105": ("coughing up blood",),
    "HP:0002248": ("vomiting blood",),
    "HP:0001287": ("meningitis",),
}
