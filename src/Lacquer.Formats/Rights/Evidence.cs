using System.Text.Json.Serialization;

namespace Lacquer.Formats.Rights;

/// <summary>Who says which licence a file is under. The order is the order of authority: the first kind that speaks decides.</summary>
public enum EvidenceKind
{
    /// <summary>The operator's own statement, with name and date, in a <c>rights.toml</c> beside the files.</summary>
    [JsonStringEnumMemberName("statement")]
    Statement,

    /// <summary>A machine-readable Debian copyright file (DEP-5, copyright-format 1.0) whose globs cover the file.</summary>
    [JsonStringEnumMemberName("dep5")]
    Dep5,

    /// <summary>A field of the source's own record of the file or its release, such as the Internet Archive's <c>licenseurl</c>.</summary>
    [JsonStringEnumMemberName("record")]
    Record,

    /// <summary>A tag in the file.</summary>
    [JsonStringEnumMemberName("tag")]
    Tag,
}

/// <summary>One record that says which licence a file is under, so that it can be looked at again.</summary>
/// <param name="Kind">Who says so.</param>
/// <param name="Place">Where: a path inside the source, or a tag's name.</param>
/// <param name="Text">What it says, verbatim, at most <see cref="Licence.LongestText"/> letters.</param>
/// <param name="Sha256">SHA-256 of the file it stands in, 64 hex digits.</param>
/// <param name="By">Who signs a statement; "" for the other kinds.</param>
/// <param name="Date">When a statement was made, as written; "" for the other kinds.</param>
public sealed record Evidence(EvidenceKind Kind, string Place, string Text, string Sha256, string By = "", string Date = "");
