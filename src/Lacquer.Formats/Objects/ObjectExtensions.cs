using System.Collections.Frozen;
using Lacquer.Formats.Volumes;

namespace Lacquer.Formats.Objects;

/// <summary>The extensions that objects may have, without a dot: the archive's own, those of originals that are kept unchanged, and that of notices.</summary>
public static class ObjectExtensions
{
    // ffprobe's format_name to extension. A container that is not here is not kept unchanged.
    private static readonly FrozenDictionary<string, string> OfFormat = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["ogg"] = "ogg",
        ["flac"] = "flac",
        ["mp3"] = "mp3",
        ["wav"] = "wav",
        ["aiff"] = "aiff",
        ["wv"] = "wv",
        ["ape"] = "ape",
        ["aac"] = "aac",
        ["mov,mp4,m4a,3gp,3g2,mj2"] = "m4a",
        ["matroska,webm"] = "mka",
        ["asf"] = "wma",
    }.ToFrozenDictionary(StringComparer.Ordinal);

    /// <summary>Every extension of audio.</summary>
    public static FrozenSet<string> Audio { get; } = OfFormat.Values.Append("opus").ToFrozenSet(StringComparer.Ordinal);

    /// <summary>Every extension.</summary>
    public static FrozenSet<string> All { get; } = Audio.Append(Notice.Extension).ToFrozenSet(StringComparer.Ordinal);

    /// <summary>The extension for a file of this format and codec, as ffprobe names them (RFC 5334, RFC 7845 for Ogg), or null where it is not kept unchanged.</summary>
    public static string? Of(string format, string codec) => format == "ogg" && codec == "opus" ? "opus" : OfFormat.GetValueOrDefault(format);
}
