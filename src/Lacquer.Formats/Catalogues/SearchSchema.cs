namespace Lacquer.Formats.Catalogues;

/// <summary>The tables of <c>search.sqlite</c>, which is made from <c>catalogue.sqlite</c> and its look-ups; docs/format/catalogue.md says what is in them.</summary>
public static class SearchSchema
{
    /// <summary>The format, in <c>meta</c> under <c>format</c>. A reader refuses one that it does not know.</summary>
    public const string Format = "lacquer-search/3";

    /// <summary>
    /// Full-text tables: contentless FTS5, rowid = rank. What goes in are terms (<see cref="SearchTerms"/>) with spaces between them, so that the <c>ascii</c> tokenizer, which takes every byte above 127
    /// for a letter, parts them again whatever Unicode version SQLite knows. Term tables: a sorted tree of all terms with their smallest ranks and counts.
    /// </summary>
    public const string Tables = """
        CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
        CREATE VIRTUAL TABLE recording_text USING fts5(text, content='', columnsize=0, detail=none, tokenize='ascii');
        CREATE VIRTUAL TABLE release_text USING fts5(text, content='', columnsize=0, detail=none, tokenize='ascii');
        CREATE VIRTUAL TABLE artist_text USING fts5(text, content='', columnsize=0, detail=none, tokenize='ascii');
        CREATE TABLE recording_term(node INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
        CREATE TABLE release_term(node INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
        CREATE TABLE artist_term(node INTEGER PRIMARY KEY, entries BLOB NOT NULL) STRICT;
        """;

    internal static string Name(Identity.EntityKind kind) => kind switch
    {
        Identity.EntityKind.Recording => "recording",
        Identity.EntityKind.Release => "release",
        _ => "artist",
    };
}
