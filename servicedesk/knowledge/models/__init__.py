from .article import Article, ArticleEvent, Audience, Category, Image, Kind, State, Version
from .search import SearchedFor, Synonyms, Word
from .use import Deflection, Feedback, Use, Where

__all__ = [
    "Article", "ArticleEvent", "Audience", "Category", "Deflection", "Feedback", "Image", "Kind", "SearchedFor",
    "State", "Synonyms", "Use", "Version", "Where", "Word",
]  # fmt: skip
