using System.Buffers.Binary;
using System.Text;
using Lacquer.Stages.Workbench;
using Lacquer.Tests.Studio;
using Xunit;

namespace Lacquer.Tests.Harvesting;

/// <summary>Containers written by hand, box by box, as the specifications have them.</summary>
public sealed class ProtectionScanTests
{
    private const string Widevine = "edef8ba979d64acea3c827dcd51d21ed";
    private const string PlayReady = "9a04f07998404286ab92e65be0885f95";

    [Fact]
    public void Plain_files_are_not_protected()
    {
        foreach (var plain in new[]
        {
            [], new byte[3], "OggS"u8.ToArray(), "ID3\u0004"u8.ToArray(), "fLaC\0\0\0\""u8.ToArray(), "RIFF\0\0\0\0WAVEfmt "u8.ToArray(),
            Mp4("M4A ", Box("mp4a", Entry())), Mp4("M4A ", Box("mp4a", Entry(version: 1), Box("wave", Box("esds")))),
            Asf(Object(StreamProperties, Stream(0))), Ebml(Element(0x1654AE6B, Element(0xAE, Element(0x6D80, Element(0x6240, Element(0x5034, [1])))))),
        })
            Assert.Null(Find(plain));
    }

    [Fact]
    public void FairPlay_is_recognised_from_the_sample_entry_or_the_scheme()
    {
        Assert.Equal("FairPlay", Find(Mp4("M4A ", Box("drms", Entry(), Box("sinf", Box("frma", "mp4a"u8.ToArray()))))));
        Assert.Equal("FairPlay", Find(Mp4("M4P ", Box("mp4a", Entry(), Box("sinf", Box("schm", [0, 0, 0, 0, .. "itun"u8]))))));
        Assert.Equal("FairPlay", Find(Mp4("M4A ", Box("mp4a", Entry(version: 1), Box("sinf", Box("schm", [0, 0, 0, 0, .. "itun"u8]))))));
    }

    [Fact]
    public void Common_Encryption_is_named_with_its_systems()
    {
        Assert.Equal("Common Encryption", Find(Mp4("isom", Box("enca", Entry()))));
        Assert.Equal("Common Encryption", Find(Mp4("isom", Box("mp4a", Entry(), Box("sinf", Box("schi", Box("tenc", new byte[24])))))));
        Assert.Equal("Widevine (Common Encryption)", Find([.. Mp4("isom", Box("enca", Entry())), .. Box("moof", Pssh(Widevine))]));
        Assert.Equal("PlayReady and Widevine (Common Encryption)", Find([.. Box("ftyp", "isom"u8.ToArray()), .. Box("moov", Pssh(Widevine), Pssh(PlayReady))]));
        Assert.Equal("the system 00112233-4455-6677-8899-aabbccddeeff (Common Encryption)", Find([.. Box("styp", "msdh"u8.ToArray()), .. Pssh("00112233445566778899aabbccddeeff")]));
        Assert.Equal("PlayReady (Common Encryption)", Find([.. Box("ftyp", "piff"u8.ToArray()), .. Box("moov", Box("uuid", Convert.FromHexString("d08a4f1810f34a82b6c832d8aba183d3"), new byte[4], Convert.FromHexString(PlayReady), new byte[4]))]));
        // Boxes of 64-bit length, and one that goes to the end of the file.
        Assert.Equal("Widevine (Common Encryption)", Find([.. Box("ftyp", "isom"u8.ToArray()), .. LargeBox("moov", Pssh(Widevine))]));
        Assert.Equal("Widevine (Common Encryption)", Find([.. Box("ftyp", "isom"u8.ToArray()), 0, 0, 0, 0, .. "moov"u8, .. Pssh(Widevine)]));
    }

    [Fact]
    public void Audible_and_OMA_are_recognised()
    {
        Assert.Equal("Audible", Find(Mp4("aax ", Box("mp4a", Entry()))));
        Assert.Equal("Audible", Find(Mp4("aaxc", Box("mp4a", Entry()))));
        Assert.Equal("Audible", Find(Mp4("M4A ", Box("aavd", Entry()))));
        Assert.Equal("Audible", Find([0, 0, 1, 0, 0x57, 0x90, 0x75, 0x36, 0, 0]));
        Assert.Equal("OMA DRM", Find([.. Box("ftyp", "odcf"u8.ToArray()), .. Box("odrm")]));
    }

    [Fact]
    public void Windows_Media_DRM_and_PlayReady_are_recognised_from_the_header()
    {
        Assert.Equal("Windows Media DRM", Find(Asf(Object(StreamProperties, Stream(0)), Object("fbb3112223bdd211b4b700a0c955fc6e", [1, 2, 3]))));
        Assert.Equal("Windows Media DRM", Find(Asf(Object("14e68a292226174cb935dae07ee9289c", Encoding.Unicode.GetBytes("<WRMHEADER version=\"2.0.0.0\">")))));
        Assert.Equal("PlayReady", Find(Asf(Object("14e68a292226174cb935dae07ee9289c", Encoding.Unicode.GetBytes("<WRMHEADER version=\"4.0.0.0\">")))));
        Assert.Equal("Windows Media DRM", Find(Asf(Object("b503bf5f2ea9cf118ee300c00c205365", [.. new byte[22], .. Object("338505438169e6499b74ad12cb86d58c", [])]))));
        Assert.Equal("Windows Media DRM", Find(Asf(Object(StreamProperties, Stream(0x8001)))));
    }

    [Fact]
    public void An_encrypted_track_of_Matroska_is_recognised()
    {
        var track = Element(0x1654AE6B, Element(0xAE, Element(0x6D80, Element(0x6240, Element(0x5033, [1]), Element(0x5035, Element(0x47E1, [5]))))));
        Assert.Equal("encryption of its Matroska or WebM container", Find(Ebml(track)));
        // A segment whose length was not known when it was begun.
        Assert.NotNull(Find([.. Element(0x1A45DFA3, []), 0x18, 0x53, 0x80, 0x67, 0x01, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, .. track]));
        Assert.Null(Find([.. Element(0x1A45DFA3, []), .. Element(0x18538067, Element(0x1F43B675, track), track)]));
    }

    [Fact]
    public void Damaged_containers_end_the_search()
    {
        var random = Seeded.Random();
        byte[][] whole = [Mp4("isom", Box("enca", Entry(), Box("sinf"))), Asf(Object(StreamProperties, Stream(0)), Object("fbb3112223bdd211b4b700a0c955fc6e", [])), Ebml(Element(0x1654AE6B, Element(0xAE, Element(0x5035, []))))];
        foreach (var bytes in whole)
            for (var round = 0; round < 2000; round++)
                Find(random.Mutate(bytes));
        // Boxes within boxes without end.
        var deep = Box("moov");
        for (var i = 0; i < 2000; i++)
            deep = Box("trak", deep);
        Assert.Null(Find([.. Box("ftyp", "isom"u8.ToArray()), .. deep]));
    }

    private const string StreamProperties = "9107dcb7b7a9cf118ee600c00c205365";

    private static string? Find(byte[] bytes)
    {
        using var file = new MemoryStream(bytes);
        return ProtectionScan.Find(file);
    }

    private static byte[] Mp4(string brand, byte[] entry) =>
        [.. Box("ftyp", Encoding.ASCII.GetBytes(brand), new byte[4]), .. Box("moov", Box("trak", Box("mdia", Box("minf", Box("stbl", Box("stsd", [0, 0, 0, 0, 0, 0, 0, 1], entry)))))), .. Box("mdat", new byte[100])];

    // The fields of an audio sample entry.
    private static byte[] Entry(byte version = 0) => [0, 0, 0, 0, 0, 0, 0, 1, 0, version, .. new byte[18], .. new byte[version == 1 ? 16 : 0]];

    private static byte[] Pssh(string system) => Box("pssh", [0, 0, 0, 0], Convert.FromHexString(system), [0, 0, 0, 0]);

    private static byte[] Box(string type, params byte[][] parts)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(type), .. parts.SelectMany(p => p)];
        var length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, body.Length + 4);
        return [.. length, .. body];
    }

    private static byte[] LargeBox(string type, byte[] body)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64BigEndian(length, body.Length + 16);
        return [0, 0, 0, 1, .. Encoding.ASCII.GetBytes(type), .. length, .. body];
    }

    private static byte[] Asf(params byte[][] objects) => Object("3026b2758e66cf11a6d900aa0062ce6c", [(byte)objects.Length, 0, 0, 0, 1, 2, .. objects.SelectMany(o => o)]);

    private static byte[] Object(string id, byte[] body)
    {
        var length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, body.Length + 24);
        return [.. Convert.FromHexString(id), .. length, .. body];
    }

    private static byte[] Stream(ushort flags) => [.. new byte[48], (byte)flags, (byte)(flags >> 8), 0, 0, 0, 0];

    private static byte[] Ebml(params byte[][] parts) => [.. Element(0x1A45DFA3, []), .. Element(0x18538067, parts)];

    private static byte[] Element(uint id, params byte[][] parts)
    {
        byte[] body = [.. parts.SelectMany(p => p)];
        var name = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(name, id);
        // A length of four bytes, however short.
        var length = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(length, 0x10000000u | (uint)body.Length);
        return [.. name.SkipWhile(b => b == 0), .. length, .. body];
    }
}
