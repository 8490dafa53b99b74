"""The rules of the PREMIS 3.0 schema (Library of Congress, January 18, 2016) for the elements that can occur here.

A transcription: for each element its children in the order that the schema demands, with how often each may occur
("1", "?", "*", "+" as in regular expressions). An element without an entry holds text. Where the schema offers a
choice, each alternative is a sequence of its own.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree

NAMESPACE = "http://www.loc.gov/premis/v3"
TYPE = "{http://www.w3.org/2001/XMLSchema-instance}type"
LOCATION = "{http://www.w3.org/2001/XMLSchema-instance}schemaLocation"

_FILE = (
    "objectIdentifier+ preservationLevel* significantProperties* objectCharacteristics+ originalName? storage*"
    " signatureInformation* relationship* linkingEventIdentifier* linkingRightsStatementIdentifier*"
)


def _pair(name: str, *more: str) -> str:
    return " ".join([f"{name}Type1", f"{name}Value1", *more])


SEQUENCES: dict[str, tuple[str, ...]] = {
    "premis": ("object+ event* agent* rights*",),
    "object": (_FILE,),  # of the type `file`
    "event": (
        "eventIdentifier1 eventType1 eventDateTime1 eventDetailInformation* eventOutcomeInformation*"
        " linkingAgentIdentifier* linkingObjectIdentifier*",
    ),
    "agent": (
        "agentIdentifier+ agentName* agentType? agentVersion? agentNote* agentExtension* linkingEventIdentifier*"
        " linkingRightsStatementIdentifier* linkingEnvironmentIdentifier*",
    ),
    "objectIdentifier": (_pair("objectIdentifier"),),
    "eventIdentifier": (_pair("eventIdentifier"),),
    "agentIdentifier": (_pair("agentIdentifier"),),
    "linkingAgentIdentifier": (_pair("linkingAgentIdentifier", "linkingAgentRole*"),),
    "linkingObjectIdentifier": (_pair("linkingObjectIdentifier", "linkingObjectRole*"),),
    "linkingEventIdentifier": (_pair("linkingEventIdentifier"),),
    "significantProperties": (
        "significantPropertiesType1 significantPropertiesValue? significantPropertiesExtension*",
        "significantPropertiesValue1 significantPropertiesExtension*",
        "significantPropertiesExtension+",
    ),
    "objectCharacteristics": (
        "compositionLevel? fixity* size? format+ creatingApplication* inhibitors* objectCharacteristicsExtension*",
    ),
    "fixity": ("messageDigestAlgorithm1 messageDigest1 messageDigestOriginator?",),
    "format": ("formatDesignation1 formatRegistry? formatNote*", "formatRegistry1 formatNote*"),
    "formatDesignation": ("formatName1 formatVersion?",),
    "storage": ("contentLocation1 storageMedium?", "storageMedium1"),
    "contentLocation": (_pair("contentLocation"),),
    "eventDetailInformation": ("eventDetail? eventDetailExtension*",),
    "eventOutcomeInformation": ("eventOutcome1 eventOutcomeDetail*", "eventOutcomeDetail+"),
    "eventOutcomeDetail": (
        "eventOutcomeDetailNote1 eventOutcomeDetailExtension*",
        "eventOutcomeDetailExtension+",
    ),
}

TEXTS = {
    "size": r"-?\d{1,19}",
    "compositionLevel": r"\d+",
    # A string to the schema; what the data dictionary asks for is ISO 8601 with a zone.
    "eventDateTime": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z",
}


def violations(root: ElementTree.Element) -> list[str]:
    """What the document does that the schema forbids."""
    found = [] if root.get("version") == "3.0" else ["premis: no version 3.0"]
    if root.tag != f"{{{NAMESPACE}}}premis":
        found.append(f"the root is {root.tag}")
    for element in root.iter():
        found += _of_element(element)
    return found


def _of_element(element: ElementTree.Element) -> list[str]:
    name = _local(element)
    children = [_local(child) for child in element]
    if name not in SEQUENCES:
        wrong = [] if not children else [f"{name} holds elements"]
        pattern = TEXTS.get(name)
        if pattern and not re.fullmatch(pattern, element.text or ""):
            wrong.append(f"{name}: {element.text!r}")
        return wrong
    wrong = []
    if (element.text or "").strip() or any((child.tail or "").strip() for child in element):
        wrong.append(f"{name} holds text")
    if name == "object" and element.get(TYPE) != "premis:file":
        wrong.append(f"an object of the type {element.get(TYPE)}")
    allowed = {"premis": {"version", LOCATION}, "object": {TYPE, "version", "xmlID"}}.get(name, set())
    wrong += [f"{name}: attribute {key}" for key in element.attrib if key not in allowed]
    if not any(_matches(sequence, children) for sequence in SEQUENCES[name]):
        wrong.append(f"{name}: {children}")
    return wrong


def _matches(sequence: str, children: list[str]) -> bool:
    pattern = "".join(
        f"(?:{part[:-1]} )" + {"1": "{1}", "?": "?", "*": "*", "+": "+"}[part[-1]] for part in sequence.split()
    )
    return re.fullmatch(pattern, "".join(f"{child} " for child in children)) is not None


def _local(element: ElementTree.Element) -> str:
    namespace, _, name = element.tag.rpartition("}")
    return name if namespace == "{" + NAMESPACE else element.tag
