"""What the forms of desk and portal share."""

from __future__ import annotations

from typing import Any

from django import forms

from .errors import Invalid


class MultipleFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class FilesField(forms.FileField):
    """Any number of files; their rules are in tickets/files.py."""

    def __init__(self, **kwargs: Any):
        super().__init__(widget=MultipleFiles(), allow_empty_file=True, max_length=None, **kwargs)

    def clean(self, data: Any, initial: Any = None) -> list[Any]:
        files = data if isinstance(data, list | tuple) else [data] if data else []
        kept = [super(FilesField, self).clean(file, initial) for file in files if file]
        if self.required and not kept:
            raise forms.ValidationError(self.error_messages["required"], code="required")
        return kept


class FieldErrors(forms.Form):
    """Marks fields with errors for assistive technology, and takes an operation's errors."""

    def add_refusal(self, error: Invalid) -> None:
        """Show an operation's sentences beside the fields they are about."""
        for name, sentences in error.fields.items():
            self.add_error(name if name in self.fields else None, sentences)
