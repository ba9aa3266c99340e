"""What the user fills in, as a request: tensors, messages, files, a command line's arguments."""

from backend.inspector.forms.as_text import recorded_text
from backend.inspector.forms.drafts import Draft, is_inference, takes_body
from backend.inspector.forms.form_message import (
    LONGEST_TEXT,
    TooLongForText,
    elements_json,
    form_to_text,
    text_to_form,
)
from backend.inspector.forms.input_argument import InputArgument, argument_text, parse_input
from backend.inspector.forms.input_fills import (
    AS_IN_A_RUN,
    FROM_FILES,
    LIVE,
    NOTHING_LIVE,
    Fill,
    FillKind,
    Live,
    fitting,
)
from backend.inspector.forms.json_fault import JsonFault
from backend.inspector.forms.message_editor import message_from_text
from backend.inspector.forms.message_text import message_to_json, message_to_value, parsed
from backend.inspector.forms.tensor_form import (
    CLASSIFICATION,
    Described,
    InputRow,
    TensorForm,
    to_request,
)
from backend.inspector.forms.variables import Variables, hidden, hidden_request

__all__ = [
    "AS_IN_A_RUN",
    "CLASSIFICATION",
    "FROM_FILES",
    "LIVE",
    "LONGEST_TEXT",
    "NOTHING_LIVE",
    "Described",
    "Draft",
    "Fill",
    "FillKind",
    "InputArgument",
    "InputRow",
    "JsonFault",
    "Live",
    "TensorForm",
    "TooLongForText",
    "Variables",
    "argument_text",
    "elements_json",
    "fitting",
    "form_to_text",
    "hidden",
    "hidden_request",
    "is_inference",
    "message_from_text",
    "message_to_json",
    "message_to_value",
    "parse_input",
    "parsed",
    "recorded_text",
    "takes_body",
    "text_to_form",
    "to_request",
]
