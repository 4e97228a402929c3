namespace Lacquer.Stages.Cataloguing.Parsing;

/// <summary>One name of an artist credit, as read.</summary>
internal struct CreditedName
{
    public TextRef Name, JoinPhrase, Role, ArtistId, ArtistName, SortName;
}

/// <summary>Part of a list that one record fills.</summary>
internal readonly record struct ListPart(int Start, int Count);

/// <summary>What a record says of a recording, as read.</summary>
internal struct RecordingScratch
{
    public TextRef Id, Title, Licence;
    public ListPart Credit, Isrcs, Genres, Aliases;
    public int DurationMs, InvalidIsrcs;
    public long Listens;
    public bool? IsExplicit;
    public bool HasFeatures;
    public Features Features;
}

/// <summary>What a record says of a track, as read.</summary>
internal struct TrackScratch
{
    public TextRef Title;
    public ListPart Credit;
    public int DurationMs, Medium, Position;
    public long Listens;
    public bool? IsExplicit;
    public RecordingScratch Recording;
}

/// <summary>Twelve numbers, NaN where not known.</summary>
[System.Runtime.CompilerServices.InlineArray(Staging.PayloadLayout.Features)]
internal struct Features
{
    private float _first;
}
