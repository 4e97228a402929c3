using System.Buffers.Binary;
using System.Text;

namespace Lacquer.Stages.Workbench;

/// <summary>Protection of files of the ISO base media format (ISO/IEC 14496-12): FairPlay, Audible, Common Encryption (ISO/IEC 23001-7) with its systems, PIFF, OMA DRM.</summary>
internal sealed class Mp4Protection(Stream file)
{
    private const int MostBoxes = 200_000;
    private const int Deepest = 10;

    // As registered at dashif.org/identifiers/content_protection.
    private static readonly Dictionary<Guid, string> Systems = new()
    {
        [Guid.Parse("edef8ba9-79d6-4ace-a3c8-27dcd51d21ed")] = "Widevine",
        [Guid.Parse("9a04f079-9840-4286-ab92-e65be0885f95")] = "PlayReady",
        [Guid.Parse("94ce86fb-07ff-4f43-adb8-93d2fa968ca2")] = "FairPlay",
        [Guid.Parse("5e629af5-38da-4063-8977-97ffbd9902d4")] = "Marlin",
        [Guid.Parse("f239e769-efa3-4850-9c16-a903c6932efb")] = "Primetime",
        [Guid.Parse("1077efec-c0b2-4d02-ace3-3c1e52e2fb4b")] = "ClearKey",
    };

    // Protected Interoperable File Format 1.1, which came before Common Encryption and has its boxes as UUIDs.
    private static readonly Guid PiffSystem = Guid.Parse("d08a4f18-10f3-4a82-b6c8-32d8aba183d3");
    private static readonly Guid PiffTrack = Guid.Parse("8974dbce-7be7-4c51-84f9-7148f9882554");

    private readonly SortedSet<string> _systems = new(StringComparer.Ordinal);
    private string? _named;
    private bool _isCommon;
    private int _boxes;

    public string? Find()
    {
        Walk(0, file.Length, 0, isSampleList: false);
        return _named ?? (_systems.Count > 0 ? $"{string.Join(" and ", _systems)} (Common Encryption)" : _isCommon ? "Common Encryption" : null);
    }

    private void Walk(long start, long end, int depth, bool isSampleList)
    {
        Span<byte> head = stackalloc byte[16];
        for (var at = start; at + 8 <= end && _named is null && _boxes++ < MostBoxes;)
        {
            if (!Read(at, head[..8]))
                return;
            long length = BinaryPrimitives.ReadUInt32BigEndian(head);
            var type = Encoding.Latin1.GetString(head[4..8]);
            var body = at + 8;
            if (length == 1)
            {
                if (!Read(body, head[..8]))
                    return;
                length = (long)BinaryPrimitives.ReadUInt64BigEndian(head);
                body += 8;
            }
            else if (length == 0)
            {
                length = end - at;
            }

            if (length < body - at || length > end - at)
                return;
            Box(type, body, at + length, depth, isSampleList);
            at += length;
        }
    }

    private void Box(string type, long body, long end, int depth, bool isSampleList)
    {
        switch (type)
        {
            case "ftyp" when Letters(body) is { } brand && brand.StartsWith("aax", StringComparison.Ordinal):
            case "aavd":
                _named = "Audible";
                return;
            case "ftyp" when Letters(body) == "odcf":
            case "odrm":
                _named = "OMA DRM";
                return;
            case "drms" or "drmi" when isSampleList:
                _named = "FairPlay";
                return;
            case "schm" when Letters(body + 4) is { } scheme:
                Scheme(scheme);
                return;
            case "pssh" when Id(body + 4) is { } system:
                _systems.Add(Systems.GetValueOrDefault(system, $"the system {system}"));
                return;
            case "tenc":
                _isCommon = true;
                return;
            case "uuid" when Id(body) is { } id:
                if (id == PiffTrack)
                    _isCommon = true;
                if (id == PiffSystem && Id(body + 20) is { } piff)
                    _systems.Add(Systems.GetValueOrDefault(piff, $"the system {piff}"));
                return;
        }

        if (depth >= Deepest)
            return;
        if (isSampleList)
        {
            if (type is "enca" or "encv" or "enct" or "encs" or "encu")
                _isCommon = true;
            // Boxes follow the fields of an audio sample entry, of which QuickTime has three sizes.
            Span<byte> version = stackalloc byte[2];
            if (Read(body + 8, version))
                Walk(body + (BinaryPrimitives.ReadUInt16BigEndian(version) switch { 1 => 44, 2 => 64, _ => 28 }), end, depth + 1, isSampleList: false);
        }
        else if (type == "stsd")
        {
            // Version, flags and the number of entries come before the entries.
            Walk(body + 8, end, depth + 1, isSampleList: true);
        }
        else if (type is "moov" or "trak" or "mdia" or "minf" or "stbl" or "moof" or "traf" or "sinf" or "schi" or "wave")
        {
            Walk(body, end, depth + 1, isSampleList: false);
        }
    }

    private void Scheme(string scheme)
    {
        if (scheme is "cenc" or "cens" or "cbc1" or "cbcs" or "piff") _isCommon = true;
        else _named = scheme switch { "itun" => "FairPlay", "odkm" => "OMA DRM", "adkm" => "Adobe Access", _ => $"the scheme {new string(scheme.Where(char.IsAsciiLetterOrDigit).ToArray())}" };
    }

    private string? Letters(long at)
    {
        Span<byte> letters = stackalloc byte[4];
        return Read(at, letters) ? Encoding.Latin1.GetString(letters) : null;
    }

    private Guid? Id(long at)
    {
        Span<byte> id = stackalloc byte[16];
        return Read(at, id) ? new Guid(id, bigEndian: true) : null;
    }

    private bool Read(long at, Span<byte> bytes)
    {
        file.Position = at;
        return file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false) == bytes.Length;
    }
}
