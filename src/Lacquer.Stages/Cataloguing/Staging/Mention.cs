using System.Runtime.InteropServices;

namespace Lacquer.Stages.Cataloguing.Staging;

/// <summary>
/// One place where a record speaks of a recording: a track of a release, a file, a recording's own document. What matching needs of it, in the fixed size in which it is staged; what the catalogue
/// will hold of it stands at <see cref="Offset"/> of the payloads. Mentions are numbered from 0 in the order of accessions, so that the smaller number spoke first.
/// </summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Mention
{
    /// <summary>Where its payload begins.</summary>
    public long Offset;

    /// <summary>A hash of the identifier by which its source knows the recording; its last byte is the number of the space the identifier is of (<see cref="SpaceOf"/>). 0 where there is none.</summary>
    public ulong Identifier;

    /// <summary>The first valid ISRC, packed, plus one; 0 where there is none.</summary>
    public long Isrc;

    /// <summary>Hash of the title as <see cref="Matching.MatchText"/> makes it comparable; 0 for an empty one.</summary>
    public ulong Title;

    /// <summary>Hash of the first credited artist's name, made comparable; 0 where there is none.</summary>
    public uint Artist;

    /// <summary>Milliseconds; 0 where unknown.</summary>
    public int DurationMs;

    /// <summary>From this source; 0 where unknown.</summary>
    public long Listens;

    /// <summary>The document it stands in.</summary>
    public uint Document;

    /// <summary>The credit, or <see cref="None"/>.</summary>
    public uint Credit;

    /// <summary>Medium and position, 16 bits each, for putting the tracks of two records of one release beside each other.</summary>
    public uint Place;

    /// <summary>No credit, no release.</summary>
    public const uint None = uint.MaxValue;

    /// <summary>The space of MusicBrainz identifiers; a source's own begin at 2.</summary>
    public const byte MusicBrainz = 1;

    /// <summary>The space of an identifier.</summary>
    public static byte SpaceOf(ulong identifier) => (byte)identifier;

    /// <summary>An identifier of a space, from a hash.</summary>
    public static ulong InSpace(ulong hash, int space) => (hash & ~0xFFUL) | (byte)space;
}

/// <summary>One record of an accession: a release with its tracks, a file, a recording. Artists' documents are none, they stand with the artists.</summary>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal struct Document
{
    /// <summary>Hash of its source and the source's key for it: what is said later of the same key takes its place.</summary>
    public ulong Key;

    /// <summary>Hash of its line and of what reading it depends on: of two with one key and the same content the later one says nothing new.</summary>
    public ulong Content;

    /// <summary>Where the payload of its release begins; -1 where it speaks of none.</summary>
    public long Offset;

    /// <summary>Where its line begins in the accession.</summary>
    public long Line;

    /// <summary>The first of its mentions, which are numbered without gaps.</summary>
    public uint FirstMention;

    /// <summary>How many they are.</summary>
    public int Mentions;

    /// <summary>The release, or <see cref="Mention.None"/>.</summary>
    public uint Release;

    /// <summary>The release's own credit, or <see cref="Mention.None"/>.</summary>
    public uint Credit;

    /// <summary>Barcode, or 0.</summary>
    public long Gtin;

    /// <summary>Hash of the release's title, made comparable.</summary>
    public ulong Title;

    /// <summary>The accession.</summary>
    public int Accession;
}
