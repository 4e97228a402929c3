using Lacquer.Formats.Identity;

namespace Lacquer.Formats.Accessions;

/// <summary>
/// Constants of the accession file: JSON lines in seekable zstd. Independent zstd frames, each ending at a line's end, then the seek table of zstd's
/// <c>contrib/seekable_format</c> (version 0.1.0) in a skippable frame, which plain <c>zstd -d</c> passes over.
/// </summary>
public static class AccessionFile
{
    /// <summary>The format's name, in the first line.</summary>
    public const string Format = "lacquer-accession/1";

    /// <summary>A frame is closed at the first line's end at or after this many uncompressed bytes: what a kill can cost, and what one look-up reads.</summary>
    public const int FrameBytes = 256 << 10;

    /// <summary>A longer line is not a record.</summary>
    public const int LongestLineBytes = 16 << 20;

    internal const uint SkippableMagic = 0x184D2A5E;
    internal const uint SeekableMagic = 0x8F92EAB1;
    internal const int CompressionLevel = 9;
}

/// <summary>The first line of an accession.</summary>
/// <param name="Number">The accession's number, from 1 over all sources.</param>
/// <param name="Source">The source's name, <c>[a-z0-9.-]</c>.</param>
/// <param name="Adapter">Adapter and version, for example <c>folder/1</c>.</param>
public sealed record AccessionHeader(int Number, string Source, string Adapter)
{
    /// <summary>The files that the accession was taken from, where a source is made of files that are named by their hashes; else empty.</summary>
    public IReadOnlyList<AccessionOrigin> Origins { get; init; } = [];

    /// <summary>What reading the records needs to know beside them, in the adapter's own terms; "" for most.</summary>
    public string Settings { get; init; } = "";

    /// <summary>The same number, source, adapter, origins and settings.</summary>
    public bool Equals(AccessionHeader? other) =>
        other is not null && (Number, Source, Adapter, Settings) == (other.Number, other.Source, other.Adapter, other.Settings) && Origins.SequenceEqual(other.Origins);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Number, Source, Adapter, Origins.Count);
}

/// <summary>A file that an accession was taken from.</summary>
/// <param name="File">Its name, without its folder.</param>
/// <param name="Sha256">SHA-256 of its bytes.</param>
/// <param name="Schema">The number that it gives its own format.</param>
/// <param name="Timestamp">When its publisher made it, in the publisher's words; "" where it does not say.</param>
/// <param name="Copying">What it says of its licence, verbatim; "" where it does not.</param>
/// <param name="LeftOut">The names of the properties that were left out of its records, with a space between them; "" where everything was taken.</param>
public sealed record AccessionOrigin(string File, Sha256Digest Sha256, int Schema, string Timestamp, string Copying, string LeftOut);

/// <summary>A line of an accession.</summary>
/// <param name="Offset">Where the line begins in the uncompressed bytes.</param>
/// <param name="Line">The line, UTF-8, without its end; valid until the next is read.</param>
public readonly record struct AccessionLine(long Offset, ReadOnlyMemory<byte> Line);
